import type { RateLimit } from '../api-keys/api-key-settings.js';

/** What became of a verification. Data, never an exception: a refusal is an answer like any other. */
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

/** What is asked: may this key pass, here and for this? */
export interface VerificationRequest {
  requestId: string;
  /** As it was presented, good or not. */
  plaintextKey: string;
  /** Each must be granted. */
  scopes: readonly string[];
  /** Of the caller that presents the key; null where it isn't known. */
  ipAddress: string | null;
  /** The same, but not as an unknown caller claims it: what is shared fairly between clients is shared by this address. */
  clientAddress: string | null;
  userAgent: string | null;
}

/** A key and its owner as they are in the database at this moment. */
export interface KeyRecord {
  id: string;
  ownerId: string;
  /** What its rate limit is counted under: the same for all keys of a chain of rotations. */
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

/** What is left of a key's rate limit in its current window. */
export interface RateLimitState extends RateLimit {
  remaining: number;
  resetsAt: Date;
  resetsInSeconds: number;
}

/** The outcome for a key that exists, told to one who holds it. */
export interface KnownVerification {
  code: Exclude<VerificationCode, VerificationCode.MALFORMED | VerificationCode.NOT_FOUND>;
  key: KeyRecord;
  /** Null where the key has none, or was refused before it was looked at. */
  rateLimit: RateLimitState | null;
}

/** The outcome for what isn't a key, or none of ours: there is nothing to tell. */
interface UnknownVerification {
  code: VerificationCode.MALFORMED | VerificationCode.NOT_FOUND;
  key: null;
  rateLimit: null;
}

export type Verification = KnownVerification | UnknownVerification;
