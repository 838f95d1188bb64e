const HOME = '/console/';

/**
 * Returns the path of the console that a link asks for, relative to /console; the home page if the link leads anywhere else.
 * A link of an attacker could otherwise lead to another site after the sign-in.
 */
export function nextPath(search: string, origin: string): string {
  const next = new URLSearchParams(search).get('next') ?? '';
  if (!next.startsWith('/') || /^\/[/\\]|[\u0000-\u001f]/.test(next) || !URL.canParse(next, origin)) return '/';
  const url = new URL(next, origin);
  if (url.origin !== origin || !url.pathname.startsWith(HOME)) return '/';
  return url.pathname.slice(HOME.length - 1) + url.search;
}
