import type { IncomingMessage } from 'node:http';
import { bearerTokenOf } from '../platform/http/bearer-token.js';

export const GATEWAY_PATH = '/verify';

/** The headers that /verify reads, as Node would join them. */
export interface GatewayHeaders {
  authorization: string | undefined;
  apiKey: string | undefined;
  verifierToken: string | undefined;
  forwardedFor: string | undefined;
  userAgent: string | undefined;
  /** Whether a header may require a scope. Its name contains `scope`. */
  mayRequireScope: boolean;
}

const SCOPE = /scope/i;

const joined = (before: string | undefined, value: string): string => (before === undefined ? value : `${before}, ${value}`);

/** Reads the headers in one pass. `request.headers` would build an object of all of them for each request. */
export function gatewayHeadersOf({ rawHeaders }: IncomingMessage): GatewayHeaders {
  const headers: GatewayHeaders = {
    authorization: undefined,
    apiKey: undefined,
    verifierToken: undefined,
    forwardedFor: undefined,
    userAgent: undefined,
    mayRequireScope: false,
  };
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const rawName = rawHeaders[index] ?? '';
    const value = rawHeaders[index + 1] ?? '';
    switch (rawName.toLowerCase()) {
      case 'authorization':
        headers.authorization ??= value;
        break;
      case 'x-api-key':
        headers.apiKey = joined(headers.apiKey, value);
        break;
      case 'x-verifier-token':
        headers.verifierToken = joined(headers.verifierToken, value);
        break;
      case 'x-forwarded-for':
        headers.forwardedFor = joined(headers.forwardedFor, value);
        break;
      case 'user-agent':
        headers.userAgent ??= value;
        break;
      default:
        if (SCOPE.test(rawName)) headers.mayRequireScope = true;
    }
  }
  return headers;
}

/** Thrown for two different keys, or a header that was sent twice: the gateway and Keyward could read another one. */
export class AmbiguousKeyError extends Error {}

/**
 * Returns the key of `Authorization: Bearer` or `X-API-Key`; null if no key was sent.
 *
 * @throws {AmbiguousKeyError}
 */
export function presentedKeyOf({ authorization, apiKey }: GatewayHeaders): string | null {
  // Headers that were sent twice are joined by a comma, which no key contains. Two Authorization headers were rejected before.
  if (apiKey?.includes(',')) throw new AmbiguousKeyError();
  const bearer = bearerTokenOf(authorization);
  if (bearer && apiKey && bearer !== apiKey) throw new AmbiguousKeyError();
  return bearer || apiKey || null;
}

/** Returns a User-Agent in visible ASCII (RFC 9110 §10.1.5), because an unusual one is no reason to reject a request. */
export const visibleUserAgent = (text: string | undefined): string | null => text?.replace(/[^\x20-\x7e]/g, '?') ?? null;

const isGatewayPath = (path: string): boolean => path === GATEWAY_PATH || path.startsWith(`${GATEWAY_PATH}/`);

/** Returns the path of a request target. A target in absolute form (`GET http://keyward/verify`) has its origin removed. */
function pathOf(url: string): string {
  const path = url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?#]*/i, '');
  const end = path.search(/[?#]/);
  return end === -1 ? path : path.slice(0, end);
}

function decodedPath(path: string): string | null {
  if (!path.includes('%')) return path;
  try {
    return decodeURI(path);
  } catch {
    return null;
  }
}

/**
 * Returns whether a request is for the gateway endpoint: `/verify`, and every path below it, also if its letters are
 * percent-encoded. A gateway and Keyward must agree on the path.
 */
export function isGatewayUrl(url: string): boolean {
  if (url === GATEWAY_PATH || url.startsWith('/verify?') || url.startsWith('/verify/')) return true;
  const path = pathOf(url);
  return isGatewayPath(path) || isGatewayPath(decodedPath(path) ?? '');
}

/** Returns whether the path of a request has a percent sign without two hexadecimal digits, or is not UTF-8. */
export const hasMalformedPath = (url: string): boolean => url.includes('%') && decodedPath(pathOf(url)) === null;
