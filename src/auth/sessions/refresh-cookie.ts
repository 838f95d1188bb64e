import type { IncomingHttpHeaders } from 'node:http';
import { KeywardError } from '../../platform/errors/keyward-error.js';
import type { SignedIn } from './sessions.js';

/** Browsers accept a name with this prefix only with Secure, without Domain and with `Path=/`. */
const COOKIE_NAME = '__Host-keyward-refresh';

const ATTRIBUTES = 'Path=/; HttpOnly; Secure; SameSite=Strict';

/** Where the refresh token of a request travels: in the body, in the cookie, or nowhere because the request is rejected. */
type Transport = 'body' | 'cookie' | 'rejected';

/** The settings that decide about the cookie. */
export interface RefreshCookieSettings {
  /** Whether the console is served. Without it, no request uses the cookie. */
  isEnabled: boolean;
  /** Origin of the console. Null if it is the origin of the host that a request names. */
  consoleOrigin: string | null;
  /** Lifetime of a refresh token. */
  maxAgeSeconds: number;
}

/** Returns whether an origin is that of the host that the request names. */
function isOwnOrigin(origin: string, host: string | undefined, consoleOrigin: string | null): boolean {
  if (consoleOrigin !== null) return origin === consoleOrigin;
  if (!URL.canParse(origin) || new URL(origin).origin !== origin) return false;
  const { protocol, host: expected } = new URL(origin);
  return [expected, `${expected}:${protocol === 'https:' ? 443 : 80}`].includes(host?.toLowerCase() ?? '');
}

/**
 * Returns whether a page of this server sent the request. Pages can set neither header. Browsers send Sec-Fetch-Site to secure
 * origins alone, and Origin with every POST. Whichever of them the request has must be right, and it must have one.
 */
function isFromOwnPage({ origin, host, 'sec-fetch-site': site }: IncomingHttpHeaders, consoleOrigin: string | null): boolean {
  if (site !== undefined && site !== 'same-origin') return false;
  return origin === undefined ? site !== undefined : isOwnOrigin(origin, host, consoleOrigin);
}

/** Returns whether a browser stores a Secure cookie for pages of the origin. */
function isSecure(origin: string): boolean {
  const { protocol, hostname } = new URL(origin);
  return protocol === 'https:' || /^(?:(?:.+\.)?localhost|127\.[\d.]+|\[::1\])$/.test(hostname);
}

/** Returns how the refresh token of a request travels. A request without `X-Keyward-Refresh: cookie` has it in the body. */
export function transportOf(
  { method, headers }: { method: string; headers: IncomingHttpHeaders },
  { isEnabled, consoleOrigin }: RefreshCookieSettings,
): Transport {
  if (!isEnabled || headers['x-keyward-refresh'] !== 'cookie') return 'body';
  // A form can send neither the header nor this type. The check does not rely on the other checks of the route.
  const isJson = /^application\/json\s*(?:;|$)/i.test(headers['content-type'] ?? '');
  if (method !== 'POST' || !isJson || !isFromOwnPage(headers, consoleOrigin)) return 'rejected';
  return headers.origin === undefined || isSecure(headers.origin) ? 'cookie' : 'body';
}

/** Returns the only cookie with the name. Null if the header has none or several. */
function tokenIn(cookieHeader: string | undefined): string | null {
  const prefix = `${COOKIE_NAME}=`;
  const [cookie, ...others] = (cookieHeader ?? '').split(';').filter((part) => part.trim().startsWith(prefix));
  return cookie === undefined || others.length > 0 ? null : cookie.trim().slice(prefix.length);
}

interface RefreshCookieParts {
  transport: Transport;
  headers: IncomingHttpHeaders;
  maxAgeSeconds: number;
  /** Adds a Set-Cookie header to the response. */
  setCookie(value: string): void;
}

/**
 * Carries the refresh token of one request. In a browser it lives in a cookie that no script can read, and that opens nothing
 * but `refreshSession` and `signOut`. Without the header `X-Keyward-Refresh: cookie`, no cookie is read or set.
 */
export class RefreshCookie {
  readonly #parts: RefreshCookieParts;

  constructor(parts: RefreshCookieParts) {
    this.#parts = parts;
  }

  /** Opens a session. Its refresh token moves to the cookie if the request asks for that. @throws {KeywardError} FORBIDDEN */
  async open(signIn: () => Promise<SignedIn>): Promise<SignedIn> {
    this.#rejectForeign();
    return this.#store(await signIn());
  }

  /** Exchanges the refresh token of the argument, or of the cookie if the argument is empty. @throws {KeywardError} FORBIDDEN */
  async exchange(argument: string, exchange: (refreshToken: string) => Promise<SignedIn>): Promise<SignedIn> {
    return this.#store(await this.#use(argument, exchange));
  }

  /** Ends the session of the argument, or of the cookie if the argument is empty. @throws {KeywardError} FORBIDDEN */
  async end(argument: string, end: (refreshToken: string) => Promise<void>): Promise<void> {
    await this.#use(argument, end);
    if (this.#isInCookie(argument)) this.#set('', 0);
  }

  /** Removes a cookie that is no longer valid, because the page would send it again and again. */
  async #use<T>(argument: string, use: (refreshToken: string) => Promise<T>): Promise<T> {
    this.#rejectForeign();
    if (!this.#isInCookie(argument)) return use(argument);
    const cookies = this.#parts.headers.cookie;
    try {
      return await use(tokenIn(cookies) ?? '');
    } catch (error) {
      const isInvalid = error instanceof KeywardError && error.code === 'UNAUTHENTICATED';
      if (isInvalid && cookies?.includes(COOKIE_NAME)) this.#set('', 0);
      throw error;
    }
  }

  #isInCookie(argument: string): boolean {
    return argument === '' && this.#parts.transport === 'cookie';
  }

  #store(signedIn: SignedIn): SignedIn {
    if (this.#parts.transport !== 'cookie') return signedIn;
    this.#set(signedIn.refreshToken, this.#parts.maxAgeSeconds);
    return { ...signedIn, refreshToken: '' };
  }

  #set(value: string, maxAgeSeconds: number): void {
    this.#parts.setCookie(`${COOKIE_NAME}=${value}; ${ATTRIBUTES}; Max-Age=${maxAgeSeconds}`);
  }

  #rejectForeign(): void {
    if (this.#parts.transport !== 'rejected') return;
    throw new KeywardError(
      'FORBIDDEN',
      'Only pages of this server can send X-Keyward-Refresh. Behind a proxy that changes Host, the operator must set CONSOLE_ORIGIN.',
    );
  }
}
