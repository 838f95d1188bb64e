/** Outcome of a verification. A rejection is an outcome like any other, and never an exception. */
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

/** Outcomes of a verification of a key that exists. */
export type KnownCode = Exclude<VerificationCode, VerificationCode.MALFORMED | VerificationCode.NOT_FOUND>;

/** Rejections that are counted for a key, in the order of their columns in `api_key_usage`. */
export const REFUSAL_CODES = [
  VerificationCode.REVOKED,
  VerificationCode.EXPIRED,
  VerificationCode.DISABLED,
  VerificationCode.OWNER_DISABLED,
  VerificationCode.IP_NOT_ALLOWED,
  VerificationCode.INSUFFICIENT_SCOPE,
  VerificationCode.RATE_LIMITED,
] as const satisfies readonly KnownCode[];

export type RefusalCode = (typeof REFUSAL_CODES)[number];
