import type { UnavailableReason } from './unavailable-error.js';

/** Why a key is rejected. */
export type RejectionCode =
  | 'MALFORMED'
  | 'NOT_FOUND'
  | 'REVOKED'
  | 'EXPIRED'
  | 'DISABLED'
  | 'OWNER_DISABLED'
  | 'IP_NOT_ALLOWED'
  | 'INSUFFICIENT_SCOPE'
  | 'RATE_LIMITED';

/** The state of a rate limit after a verification: of the key or of its owner, whichever has fewer verifications left. */
export interface RateLimitState {
  limit: number;
  remaining: number;
  /** End of the window, as an RFC 3339 timestamp. */
  resetsAt: string;
}

/** A valid key. */
export interface ValidKey {
  valid: true;
  code: 'VALID';
  message: string;
  keyId: string;
  /** Keyward's ID of the owner. */
  ownerId: string;
  /** ID of the owner in your product or at your identity provider. Null if the owner has a password. */
  ownerExternalId: string | null;
  name: string | null;
  /** The effective scopes of the key. They cover each required scope. */
  scopes: readonly string[];
  /** JSON that the owner of the key chose. */
  metadata: Readonly<Record<string, unknown>>;
  /** JSON that your product attached to the key. */
  trustedMetadata: Readonly<Record<string, unknown>>;
  /** JSON that your product attached to the owner. */
  ownerMetadata: Readonly<Record<string, unknown>>;
  /** RFC 3339 timestamp from which the key is rejected. Null if the key does not expire. */
  expiresAt: string | null;
  /** Null if neither the key nor its owner has a rate limit. */
  rateLimit: RateLimitState | null;
}

/** A key that Keyward rejects. */
export interface RejectedKey {
  valid: false;
  code: RejectionCode;
  /** One sentence for the holder of the key. It contains nothing else about the key. */
  message: string;
  /** Seconds until the next window of the rate limit. Null unless the code is RATE_LIMITED. */
  retryAfterSeconds: number | null;
}

/** Keyward did not answer, so the key must be treated as invalid. */
export interface UnverifiedKey {
  valid: false;
  code: 'SERVICE_UNAVAILABLE';
  /** Why there is no answer, for your log. */
  reason: UnavailableReason;
  message: string;
  retryAfterSeconds: number;
}

/** The outcome of a verification. A key is valid if and only if `valid` is true. */
export type Verification = ValidKey | RejectedKey | UnverifiedKey;

const REJECTION_CODES: ReadonlySet<unknown> = new Set<RejectionCode>([
  'MALFORMED',
  'NOT_FOUND',
  'REVOKED',
  'EXPIRED',
  'DISABLED',
  'OWNER_DISABLED',
  'IP_NOT_ALLOWED',
  'INSUFFICIENT_SCOPE',
  'RATE_LIMITED',
]);

export const isRejectionCode = (code: unknown): code is RejectionCode => REJECTION_CODES.has(code);

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const isTextOrNull = (value: unknown): value is string | null => value === null || typeof value === 'string';

/** Returns the JSON object of a body; null if the body is not a JSON object. */
export function parseObject(body: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

/** Returns the valid key of an answer with the status 200; null if the answer is anything else. Fields of newer servers are kept. */
export function validKeyOf(body: string, keyId: unknown): ValidKey | null {
  const answer = parseObject(body);
  if (answer?.valid !== true || answer.code !== 'VALID') return null;
  const { ownerId, ownerExternalId, name, scopes, metadata, trustedMetadata, ownerMetadata, expiresAt, rateLimit } = answer;
  const isComplete =
    typeof keyId === 'string' &&
    answer.keyId === keyId &&
    typeof ownerId === 'string' &&
    ownerId !== '' &&
    isTextOrNull(ownerExternalId) &&
    isTextOrNull(name) &&
    Array.isArray(scopes) &&
    scopes.every((scope) => typeof scope === 'string') &&
    [metadata, trustedMetadata, ownerMetadata].every(isRecord) &&
    isTextOrNull(expiresAt) &&
    (rateLimit === null || isRecord(rateLimit));
  // Every field of the type was checked above.
  return isComplete ? (answer as unknown as ValidKey) : null;
}
