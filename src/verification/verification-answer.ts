import { VerificationCode } from '../usage/verification-code.js';
import type { Verification } from './verification.js';

/** A verification as both endpoints return it: verifyApiKey as ApiKeyVerification, /verify as JSON. */
export interface VerificationAnswer {
  valid: boolean;
  code: VerificationCode;
  message: string;
  keyId: string | null;
  ownerId: string | null;
  ownerExternalId: string | null;
  name: string | null;
  scopes: readonly string[] | null;
  metadata: Readonly<Record<string, unknown>> | null;
  trustedMetadata: Readonly<Record<string, unknown>> | null;
  ownerMetadata: Readonly<Record<string, unknown>> | null;
  expiresAt: Date | null;
  rateLimit: { limit: number; remaining: number; resetsAt: Date } | null;
}

const UNKNOWN_KEY = {
  keyId: null,
  ownerId: null,
  ownerExternalId: null,
  name: null,
  scopes: null,
  metadata: null,
  trustedMetadata: null,
  ownerMetadata: null,
  expiresAt: null,
  rateLimit: null,
};

/** Returns the answer of verifyApiKey. */
export function answerOf({ code, message, key, rateLimit }: Verification): VerificationAnswer {
  const valid = code === VerificationCode.VALID;
  if (key === null) return { valid, code, message, ...UNKNOWN_KEY };
  const known: Omit<VerificationAnswer, 'expiresAt'> & { expiresAt: string | null } = JSON.parse(key.answer);
  return {
    ...known,
    valid,
    code,
    message,
    expiresAt: known.expiresAt === null ? null : new Date(known.expiresAt),
    rateLimit: rateLimit && { limit: rateLimit.limit, remaining: rateLimit.remaining, resetsAt: rateLimit.resetsAt },
  };
}

/** Returns the body of /verify for a key that is valid. Without a rate limit, it is the string that is kept with the key. */
export function answerBodyOf({ key, rateLimit }: Verification): string {
  if (key === null) throw new Error('Only a key that exists has an answer.');
  if (rateLimit === null) return key.answer;
  const { limit, remaining, resetsAt } = rateLimit;
  return `${key.answer.slice(0, -'null}'.length)}${JSON.stringify({ limit, remaining, resetsAt })}}`;
}
