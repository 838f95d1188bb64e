import type { IncomingMessage } from 'node:http';

/** More than clients of an API send. With more headers, some proxies drop headers without an error. */
export const HEADER_LINES_MAX = 200;

const AUTHORIZATION = 'authorization';
const HOST = 'host';

const isNamed = (name: string, expected: string): boolean => name.length === expected.length && name.toLowerCase() === expected;

/** Returns the authority of a request target in absolute form (`GET http://keyward/readyz`); null for the usual form. */
const authorityOf = (url: string): string | null => /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url)?.[1] ?? null;

/**
 * Returns the status for a request that two servers could interpret differently. Null if the request is unambiguous.
 *
 * - 431: more than HEADER_LINES_MAX header lines.
 * - 400: no Host header in HTTP/1.1, two Host headers, or a Host header that differs from an absolute target (RFC 9112 §3.2).
 * - 400: two Authorization headers (RFC 6750 §2: a token must not be sent twice). Node would use the first one.
 */
export function requestFault({ rawHeaders, httpVersion, url = '' }: IncomingMessage): 400 | 431 | null {
  if (rawHeaders.length > 2 * HEADER_LINES_MAX) return 431;
  let [hosts, authorizations, host] = [0, 0, ''];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (isNamed(name, HOST)) {
      hosts += 1;
      host = rawHeaders[index + 1] ?? '';
    } else if (isNamed(name, AUTHORIZATION)) authorizations += 1;
  }
  if (hosts > 1 || authorizations > 1) return 400;
  if (hosts === 0) return httpVersion === '1.1' ? 400 : null;
  const authority = url.startsWith('/') ? null : authorityOf(url);
  return authority !== null && authority.toLowerCase() !== host.toLowerCase() ? 400 : null;
}
