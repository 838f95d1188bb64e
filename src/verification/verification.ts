import type { RateLimit } from '../policies/limit-settings.js';
import type { KnownCode, VerificationCode } from '../usage/verification-code.js';
import type { KeyEntry } from './key-entry.js';
import type { Permit } from './permit.js';

/** A question: is this key valid here, and for this? */
export interface VerificationRequest {
  requestId: string;
  /** The text that was presented as a key. */
  plaintextKey: string;
  /** Required scopes. Each of them must be granted. */
  scopes: readonly string[];
  /** IP address of the caller that presents the key. Null if it is unknown. */
  ipAddress: string | null;
  /** The same address if it is reliable. Clients share the server's time fairly by it. */
  clientAddress: string | null;
  userAgent: string | null;
  /** Whether usage is not counted and the rate limit is not consumed. */
  dryRun: boolean;
  /** Permission of the caller. There is no outcome, and nothing is counted, before it is granted. */
  permit: Permit;
}

/** State of a rate limit in its current window. */
export interface RateLimitState extends RateLimit {
  /** What it limits: the key, or all keys of its owner together. */
  of: 'key' | 'owner';
  remaining: number;
  resetsAt: Date;
  resetsInSeconds: number;
}

interface Outcome {
  /** The outcome as a sentence for the holder of the key. */
  message: string;
}

/** The outcome for a key that exists. Only a caller that holds the key gets it. */
export interface KnownVerification extends Outcome {
  code: KnownCode;
  key: KeyEntry;
  /** The tighter of the rate limits of the key and its owner. Null if there is no limit, or the key was rejected before it was checked. */
  rateLimit: RateLimitState | null;
}

/** The outcome for a text that is not a key, or not a key of this server. It contains no details. */
export interface UnknownVerification extends Outcome {
  code: VerificationCode.MALFORMED | VerificationCode.NOT_FOUND;
  key: null;
  rateLimit: null;
}

export type Verification = KnownVerification | UnknownVerification;
