import { type Verification, VerificationCode } from './verification.js';

/** Response of a verification: ApiKeyVerification in GraphQL, and JSON at the gateway endpoint. */
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

/** Returns the response of a verification, without data that only Keyward needs. */
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
