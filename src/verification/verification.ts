import type { RateLimit } from '../api-keys/api-key-settings.js';

/** Outcome of a verification. A rejected key is a result, not an exception. */
export enum VerificationCode {
  VALID = 'VALID',
  MALFORMED = 'MALFORMED',
  NOT_FOUND = 'NOT_FOUND',
  REVOKED = 'REVOKED',
  EXPIRED = 'EXPIRED',
  DISABLED = 'DISABLED',
  OWNER_DISABLED = 'OWNER_DISABLED',
  IP_NOT_ALLOWED = 'IP_NOT_ALLOWED',
  INSUFFICIENT_SCOPE = 'INSUFFICIENT_SCOPE',
  RATE_LIMITED = 'RATE_LIMITED',
}

/** A presented key and the request that it is presented for. */
export interface VerificationRequest {
  requestId: string;
  /** The text that the caller presented. It may not be a key. */
  plaintextKey: string;
  /** Scopes that the key must all have. */
  scopes: readonly string[];
  /** Address of the caller that presents the key, for `allowedCidrs` and usage. Null if unknown. */
  ipAddress: string | null;
  /** Address by which comparisons are shared fairly between clients. It is never the unverified claim of a caller. */
  clientAddress: string | null;
  userAgent: string | null;
}

/** Last committed state of a key and its owner. */
export interface KeyRecord {
  id: string;
  ownerId: string;
  /** ID that the rate limit is counted by. All keys of a chain of rotations share it. */
  rateLimitId: string;
  name: string | null;
  scopes: readonly string[];
  allowedCidrs: readonly string[];
  rateLimit: RateLimit | null;
  metadata: Readonly<Record<string, unknown>>;
  enabled: boolean;
  expiresAt: Date | null;
  revokedAt: Date | null;
  ownerDisabledAt: Date | null;
}

/** State of the rate limit of a key in its current window. */
export interface RateLimitState extends RateLimit {
  remaining: number;
  resetsAt: Date;
  resetsInSeconds: number;
}

/** Result for a key that exists. */
export interface KnownVerification {
  code: Exclude<VerificationCode, VerificationCode.MALFORMED | VerificationCode.NOT_FOUND>;
  key: KeyRecord;
  /** Null if the key has no rate limit, or was rejected for another reason before. */
  rateLimit: RateLimitState | null;
}

/** Result for a text that is not a key, or for a key that does not exist. */
interface UnknownVerification {
  code: VerificationCode.MALFORMED | VerificationCode.NOT_FOUND;
  key: null;
  rateLimit: null;
}

export type Verification = KnownVerification | UnknownVerification;
