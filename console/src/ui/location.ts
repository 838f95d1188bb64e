import { createContext } from 'preact';
import { Listeners } from './listeners';
import { useProvided } from './use-provided';
import { useStore } from './use-store';

/** Where the path of the current view is: in the address bar, or in memory. */
export interface ViewLocation {
  path: () => string;
  /** What precedes the path in the address bar. */
  base: string;
  /** Shows another view. `isReplaced`: without an entry in the history of the browser. */
  go: (path: string, isReplaced?: boolean) => void;
  /** Calls the listener after each change until the returned function is called. */
  subscribe: (listener: () => void) => () => void;
  /** Calls all listeners after a change of the path. */
  notify: () => void;
}

/** Returns a location. `move` changes the path that `path` returns. */
export function createLocation(path: () => string, move: ViewLocation['go'], base = ''): ViewLocation {
  const listeners = new Listeners();
  return {
    path,
    base,
    go: (to, isReplaced) => {
      move(to, isReplaced);
      listeners.notify();
    },
    subscribe: listeners.add,
    notify: listeners.notify,
  };
}

/** Returns a location in memory, for a page that owns its address bar. */
export function memoryLocation(): ViewLocation {
  let current = '/';
  return createLocation(
    () => current,
    (path) => {
      current = path;
    },
  );
}

export const LocationContext = createContext<ViewLocation | null>(null);

export const useViewLocation = (): ViewLocation => useProvided(LocationContext);

/** Returns the path of the current view, and renders again when it changes. */
export function usePath(): string {
  const { subscribe, path } = useViewLocation();
  return useStore(subscribe, path);
}

/** Returns the ID of the key in a path such as /keys/3f2c; undefined if it is another path. */
export const keyIdIn = (path: string): string | undefined => /^\/keys\/([^/]+)$/.exec(path)?.[1];
