import { createLocation } from './ui/location';

const BASE = '/console';

/** The path below /console in the address bar. */
export const browserLocation = createLocation(
  () => location.pathname.slice(BASE.length).replace(/(.)\/$/, '$1') || '/',
  (path, isReplaced) => history[isReplaced ? 'replaceState' : 'pushState'](null, '', BASE + path),
  BASE,
);

window.addEventListener('popstate', browserLocation.notify);
