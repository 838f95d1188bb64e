import { VerificationCode } from '../usage/verification-code.js';
import type { KnownVerification, RateLimitState, Verification } from './verification.js';
import { messageOf } from './verification-message.js';

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
  expiresAt: null,
  rateLimit: null,
};

/** Returns the answer of verifyApiKey. */
export function answerOf({ code, message, key, rateLimit }: Verification): VerificationAnswer {
  const valid = code === VerificationCode.VALID;
  if (key === null) return { valid, code, message, ...UNKNOWN_KEY };
  const { name, scopes, metadata, expiresAt } = JSON.parse(`{${key.answer}}`);
  return {
    valid,
    code,
    message,
    keyId: key.id,
    ownerId: key.ownerId,
    ownerExternalId: key.ownerExternalId,
    name,
    scopes,
    metadata,
    expiresAt: expiresAt === null ? null : new Date(expiresAt),
    rateLimit: rateLimit && answeredLimit(rateLimit),
  };
}

const VALID = JSON.stringify({ valid: true, code: VerificationCode.VALID, message: messageOf(VerificationCode.VALID) }).slice(0, -1);

/** Returns the body of /verify for a valid key: the JSON of `answerOf`. */
export function answerBodyOf({ key, rateLimit }: KnownVerification): string {
  const externalId = key.ownerExternalId === null ? 'null' : JSON.stringify(key.ownerExternalId);
  const limit = rateLimit === null ? 'null' : JSON.stringify(answeredLimit(rateLimit));
  return `${VALID},"keyId":"${key.id}","ownerId":"${key.ownerId}","ownerExternalId":${externalId},${key.answer},"rateLimit":${limit}}`;
}

const answeredLimit = ({ limit, remaining, resetsAt }: RateLimitState) => ({ limit, remaining, resetsAt });
