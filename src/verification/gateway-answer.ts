import type { ServerResponse } from 'node:http';
import type { ErrorCode } from '../platform/errors/keyward-error.js';
import { INTERNAL_ERROR, MALFORMED_REQUEST, UNAVAILABLE } from '../platform/errors/public-messages.js';
import { bearerChallenge } from '../platform/http/bearer-token.js';
import { VerificationCode } from '../usage/verification-code.js';
import type { KeyEntry } from './key-entry.js';
import type { RateLimitState, Verification } from './verification.js';
import { answerBodyOf } from './verification-answer.js';

/** Headers as Node takes them: names and values in turn. */
type HeaderList = (string | number)[];

/** Statuses of rejected keys: 401 for an invalid credential, 403 for a request that the key may not make, 429 for too many. */
const STATUS_OF_REFUSAL: Readonly<Record<Exclude<VerificationCode, VerificationCode.VALID>, 401 | 403 | 429>> = {
  MALFORMED: 401,
  NOT_FOUND: 401,
  REVOKED: 401,
  EXPIRED: 401,
  DISABLED: 401,
  OWNER_DISABLED: 401,
  IP_NOT_ALLOWED: 403,
  INSUFFICIENT_SCOPE: 403,
  RATE_LIMITED: 429,
};

const STATUS_OF_ERROR: Partial<Readonly<Record<ErrorCode, number>>> = {
  BAD_USER_INPUT: 400,
  VERIFIER_REFUSED: 403,
  SERVICE_UNAVAILABLE: 503,
};

const TITLES: Readonly<Record<number, string>> = {
  400: MALFORMED_REQUEST,
  401: 'A valid API key is required.',
  403: 'The request is not allowed.',
  405: 'The method is not allowed.',
  429: 'The rate limit of the API key is exceeded.',
  431: 'The request has too many or too large headers.',
  503: UNAVAILABLE,
};

/** Returns the HTTP status of an error. */
export const statusOfError = (code: ErrorCode): number => STATUS_OF_ERROR[code] ?? 500;

/** An answer for a key that is not valid, or for an error (RFC 9457). */
export interface Problem {
  status: number;
  /** What a program reads. */
  code: string;
  detail?: string | undefined;
  headers?: HeaderList;
}

/** Writes the answer to one request of the gateway endpoint. It has the headers that every answer of the server has. */
export class GatewayAnswer {
  readonly #response: ServerResponse;
  readonly #isClosing: () => boolean;
  /** One list that each step extends, because the headers are written for every verification. */
  readonly #headers: HeaderList;

  /** @param isClosing whether the connection is to be closed after the answer */
  constructor(response: ServerResponse, requestId: string, isClosing: () => boolean) {
    this.#response = response;
    this.#isClosing = isClosing;
    this.#headers = ['x-request-id', requestId, 'x-content-type-options', 'nosniff', 'cache-control', 'no-store'];
  }

  sendProblem({ status, code, detail, headers = [] }: Problem): void {
    const title = TITLES[status] ?? INTERNAL_ERROR;
    this.#headers.push(...headers);
    this.#send(status, 'application/problem+json', JSON.stringify({ type: 'about:blank', title, status, code, detail }));
  }

  sendVerification(verification: Verification): void {
    const { code, key, message, rateLimit } = verification;
    if (rateLimit) addRateLimit(this.#headers, rateLimit);
    if (code === VerificationCode.VALID) {
      addOwner(this.#headers, key);
      this.#send(200, 'application/json; charset=utf-8', answerBodyOf(verification));
      return;
    }
    const status = STATUS_OF_REFUSAL[code];
    const headers: HeaderList = [];
    if (status === 401) headers.push('www-authenticate', bearerChallenge(true));
    if (status === 429 && rateLimit) headers.push('retry-after', rateLimit.resetsInSeconds);
    this.sendProblem({ status, code, detail: message, headers });
  }

  #send(status: number, contentType: string, body: string): void {
    if (this.#response.destroyed || this.#response.headersSent) return;
    const headers = this.#headers;
    const bytes = Buffer.byteLength(body);
    headers.push('content-type', contentType, 'content-length', bytes);
    if (this.#isClosing()) headers.push('connection', 'close');
    // Nearly every answer is ASCII, which is the same in both encodings. Node writes it in less time as Latin-1.
    this.#response.writeHead(status, headers as string[]).end(body, bytes === body.length ? 'latin1' : 'utf8');
  }
}

/** draft-ietf-httpapi-ratelimit-headers-10. */
const addRateLimit = (headers: HeaderList, { of, limit, windowSeconds, remaining, resetsInSeconds }: RateLimitState) =>
  headers.push('ratelimit-policy', `"${of}";q=${limit};w=${windowSeconds}`, 'ratelimit', `"${of}";r=${remaining};t=${resetsInSeconds}`);

/** Every header is always sent: a gateway that copies them to its upstream must never let a client's own header pass. */
function addOwner(headers: HeaderList, { id, ownerId, ownerExternalId, scopes }: KeyEntry): void {
  const externalId = ownerExternalId === null ? '-' : encodedId(ownerExternalId);
  headers.push('x-keyward-key-id', id, 'x-keyward-user-id', ownerId);
  headers.push('x-keyward-external-id', externalId, 'x-keyward-scopes', scopes.join(' ') || '-');
}

/** Percent-encodes an external ID. `-` stands for a user without one, so the ID `-` is encoded too. */
const encodedId = (externalId: string): string => (externalId === '-' ? '%2D' : encodeURIComponent(externalId));
