import { VerificationCode } from '../usage/verification-code.js';
import { type Verification } from './verification.js';

/** A verification as both doors tell it: GraphQL as ApiKeyVerification, the gateway's as JSON. */
export interface VerificationAnswer {
  valid: boolean;
  code: VerificationCode;
  keyId: string | null;
  ownerId: string | null;
  name: string | null;
  scopes: readonly string[] | null;
  metadata: Readonly<Record<string, unknown>> | null;
  expiresAt: Date | null;
  rateLimit: { limit: number; remaining: number; resetsAt: Date } | null;
}

export function answerOf({ code, key, rateLimit }: Verification): VerificationAnswer {
  return {
    valid: code === VerificationCode.VALID,
    code,
    keyId: key?.id ?? null,
    ownerId: key?.ownerId ?? null,
    name: key?.name ?? null,
    scopes: key?.scopes ?? null,
    metadata: key?.metadata ?? null,
    expiresAt: key?.expiresAt ?? null,
    rateLimit: rateLimit && { limit: rateLimit.limit, remaining: rateLimit.remaining, resetsAt: rateLimit.resetsAt },
  };
}
