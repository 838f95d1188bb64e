import { VerificationCode } from '../usage/verification-code.js';

const MESSAGES: Readonly<Record<VerificationCode, string>> = {
  VALID: 'The key is valid.',
  MALFORMED: 'The text is not an API key: its format or its checksum is wrong.',
  NOT_FOUND: 'The key does not exist.',
  REVOKED: 'The key was revoked.',
  EXPIRED: 'The key has expired.',
  DISABLED: 'The key is disabled.',
  OWNER_DISABLED: 'The account of the owner of the key is disabled.',
  IP_NOT_ALLOWED: 'The key must not be used from this IP address.',
  INSUFFICIENT_SCOPE: 'The key lacks a required scope.',
  RATE_LIMITED: 'The rate limit of the key is exceeded.',
};

/** What a message needs beside the outcome. */
export interface MessageDetails {
  /** The first required scope that the key lacks. */
  lackingScope?: string | undefined;
  /** Whole seconds until the next window of the rate limit. */
  resetsInSeconds?: number | undefined;
}

/**
 * Returns the outcome of a verification as one sentence for the holder of the key. It contains nothing about the key, so that
 * it can be shown to a caller.
 */
export function messageOf(code: VerificationCode, { lackingScope, resetsInSeconds }: MessageDetails = {}): string {
  // An empty scope, or one with other characters, is not a name that helps the holder.
  if (code === VerificationCode.INSUFFICIENT_SCOPE && lackingScope !== undefined && /^[\w.:*-]+$/.test(lackingScope)) {
    return `The key lacks the scope ${lackingScope}.`;
  }
  if (code === VerificationCode.RATE_LIMITED && resetsInSeconds !== undefined) {
    return `The rate limit of the key is exceeded. Try again in ${resetsInSeconds} ${resetsInSeconds === 1 ? 'second' : 'seconds'}.`;
  }
  return MESSAGES[code];
}
