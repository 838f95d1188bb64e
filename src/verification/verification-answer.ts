import { timestampText } from '../platform/timestamp.js';
import { VerificationCode } from '../usage/verification-code.js';
import type { KeyEntry } from './key-entry.js';
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

const expiryOf = ({ expiresAtMs }: KeyEntry): Date | null => (Number.isFinite(expiresAtMs) ? new Date(expiresAtMs) : null);

const limitOf = ({ limit, remaining, resetsAt }: RateLimitState) => ({ limit, remaining, resetsAt });

/** Returns the answer of verifyApiKey. */
export function answerOf({ code, message, key, rateLimit }: Verification): VerificationAnswer {
  const valid = code === VerificationCode.VALID;
  if (key === null) return { valid, code, message, ...UNKNOWN_KEY };
  const { id: keyId, ownerId, ownerExternalId, name, scopes } = key;
  return {
    valid,
    code,
    message,
    keyId,
    ownerId,
    ownerExternalId,
    name,
    scopes,
    ...JSON.parse(key.metadataJson),
    expiresAt: expiryOf(key),
    rateLimit: rateLimit && limitOf(rateLimit),
  };
}

const VALID = JSON.stringify({ valid: true, code: VerificationCode.VALID, message: messageOf(VerificationCode.VALID) }).slice(0, -1);

/** Returns the JSON of an optional value. The texts of most keys are null, for which JSON.stringify would take longer. */
const jsonOf = (value: string | null): string => (value === null ? 'null' : JSON.stringify(value));

/** Returns the JSON of a time. @param ms since the epoch; Infinity for none */
const timeJson = (ms: number): string => (Number.isFinite(ms) ? `"${timestampText(ms)}"` : 'null');

const rateLimitJson = ({ limit, remaining, resetsAt }: RateLimitState): string =>
  `{"limit":${limit},"remaining":${remaining},"resetsAt":${timeJson(resetsAt.getTime())}}`;

/** Returns the body of /verify for a valid key: the JSON of `answerOf`. */
export function answerBodyOf({ key, rateLimit }: KnownVerification): string {
  const scopes = key.scopes.length === 0 ? '[]' : JSON.stringify(key.scopes);
  const names = `"keyId":"${key.id}","ownerId":"${key.ownerId}","ownerExternalId":${jsonOf(key.ownerExternalId)},"name":${jsonOf(key.name)}`;
  const limits = `"expiresAt":${timeJson(key.expiresAtMs)},"rateLimit":${rateLimit === null ? 'null' : rateLimitJson(rateLimit)}`;
  return `${VALID},${names},"scopes":${scopes},${key.metadataJson.slice(1, -1)},${limits}}`;
}
