import { presentedKeyOf, type RequestHead } from './presented-key.js';
import type { UnverifiedKey, ValidKey, Verification } from './verification.js';
import type { KeywardVerifier } from './verifier.js';

export interface GuardOptions {
  /** Scopes that the key must have, all of them. */
  scopes?: readonly string[] | undefined;
  /** Called if Keyward did not answer, for your log. The request is rejected with 503. */
  onUnavailable?: ((outcome: UnverifiedKey) => void) | undefined;
}

/** Code of a rejection: the outcome of the verification, or why no key was verified. */
type ProblemCode = Exclude<Verification['code'], 'VALID'> | 'UNAUTHENTICATED' | 'BAD_REQUEST';

/** The answer to a request without a valid key (RFC 9457), as Keyward's `/verify` answers. */
export interface Problem {
  status: 400 | 401 | 403 | 429 | 503;
  code: ProblemCode;
  detail: string;
  /** Headers of the answer, with `Content-Type`. */
  headers: Readonly<Record<string, string>>;
  /** JSON of the body. */
  body: string;
}

/** The result of a guard: a valid key with headers for the answer, or the answer that rejects the request. */
export type GuardResult = { key: ValidKey; headers: Readonly<Record<string, string>> } | { problem: Problem };

const STATUS_OF_CODE: Partial<Readonly<Record<ProblemCode, Problem['status']>>> = {
  BAD_REQUEST: 400,
  IP_NOT_ALLOWED: 403,
  INSUFFICIENT_SCOPE: 403,
  RATE_LIMITED: 429,
  SERVICE_UNAVAILABLE: 503,
};

const TITLES: Readonly<Record<Problem['status'], string>> = {
  400: 'The request is malformed.',
  401: 'A valid API key is required.',
  403: 'The request is not allowed.',
  429: 'The rate limit of the API key is exceeded.',
  503: 'The API key cannot be checked now. Try again later.',
};

const CHALLENGE = 'Bearer realm="keyward"';

function problemOf(code: ProblemCode, detail: string, headers: Record<string, string> = {}): { problem: Problem } {
  const status = STATUS_OF_CODE[code] ?? 401;
  const body = JSON.stringify({ type: 'about:blank', title: TITLES[status], status, code, detail });
  return {
    problem: {
      status,
      code,
      detail,
      body,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
    },
  };
}

/** Returns the answer that rejects a request with an invalid key. The caller learns nothing about the operation of the service. */
function rejectionOf(verification: Exclude<Verification, ValidKey>, headers: Readonly<Record<string, string>>): { problem: Problem } {
  const { code, message, retryAfterSeconds } = verification;
  const retryAfter: Record<string, string> = retryAfterSeconds === null ? {} : { 'retry-after': String(retryAfterSeconds) };
  if (code === 'SERVICE_UNAVAILABLE') return problemOf(code, TITLES[503], retryAfter);
  const isInvalid = (STATUS_OF_CODE[code] ?? 401) === 401;
  const challenge: Record<string, string> = isInvalid ? { 'www-authenticate': `${CHALLENGE}, error="invalid_token"` } : {};
  return problemOf(code, message, { ...headers, ...challenge, ...retryAfter });
}

/**
 * Decides about one request of a caller. It never throws.
 *
 * @param ipAddress the caller's address, as the framework determined it
 */
export async function checkRequest(
  verifier: KeywardVerifier,
  request: RequestHead,
  ipAddress: string | undefined,
  { scopes, onUnavailable }: GuardOptions,
): Promise<GuardResult> {
  const presented = presentedKeyOf(request);
  if ('fault' in presented) {
    if (presented.fault === 'ambiguous') return problemOf('BAD_REQUEST', 'More than one API key was sent.');
    return problemOf('UNAUTHENTICATED', 'No API key was sent.', { 'www-authenticate': CHALLENGE });
  }
  // An unknown address must not become the address of this service, which a key may be restricted to.
  const demand = { scopes, ipAddress: ipAddress ?? '', userAgent: request.headers['user-agent'] };
  const { verification, headers } = await verifier.answer(presented.key, demand);
  if (verification.valid) return { key: verification, headers };
  if (verification.code === 'SERVICE_UNAVAILABLE') onUnavailable?.(verification);
  return rejectionOf(verification, headers);
}

const keys = new WeakMap<object, ValidKey>();

/** Remembers the key of a request for `apiKeyOf`. No header of a client can change it. */
export const rememberKey = (request: object, key: ValidKey): void => void keys.set(request, key);

/**
 * Returns the key of a request that `requireApiKey` accepted.
 *
 * @throws {Error} if no guard accepted the request, so that a route without a guard fails
 */
export function apiKeyOf(request: object): ValidKey {
  const key = keys.get(request);
  if (key === undefined) throw new Error('No guard has accepted this request. Add requireApiKey to the route.');
  return key;
}
