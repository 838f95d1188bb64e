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
  /** Name of the policy that is the reason for the rejection, or that sets the exceeded rate limit. */
  policy?: string | undefined;
  /** Whole seconds until the next window of the rate limit. */
  resetsInSeconds?: number | undefined;
}

/** Returns the message for a rejection by a policy; null if a policy never is the reason for the outcome. */
function policyMessageOf(code: VerificationCode, policy: string, scope: string | undefined): string | null {
  if (code === VerificationCode.EXPIRED) return `The key has reached the maximum lifetime that the policy ${policy} permits.`;
  if (code === VerificationCode.IP_NOT_ALLOWED) return `This IP address is not permitted by the policy ${policy}.`;
  if (code !== VerificationCode.INSUFFICIENT_SCOPE) return null;
  return `${scope === undefined ? 'A required scope' : `The scope ${scope}`} is not permitted by the policy ${policy}.`;
}

const resetMessageOf = (policy: string | undefined, seconds: number): string => {
  const limit = policy === undefined ? 'The rate limit of the key' : `The rate limit of the policy ${policy} for all keys of the owner`;
  return `${limit} is exceeded. Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`;
};

/**
 * Returns the outcome of a verification as one sentence for the holder of the key. It contains nothing about the key, so that
 * it can be shown to a caller.
 */
export function messageOf(code: VerificationCode, { lackingScope, policy, resetsInSeconds }: MessageDetails = {}): string {
  // An empty scope, or one with other characters, is not a name that helps the holder.
  const scope = lackingScope !== undefined && /^[\w.:*-]+$/.test(lackingScope) ? lackingScope : undefined;
  const byPolicy = policy === undefined ? null : policyMessageOf(code, policy, scope);
  if (byPolicy !== null) return byPolicy;
  if (code === VerificationCode.INSUFFICIENT_SCOPE && scope !== undefined) return `The key lacks the scope ${scope}.`;
  if (code === VerificationCode.RATE_LIMITED && resetsInSeconds !== undefined) return resetMessageOf(policy, resetsInSeconds);
  return MESSAGES[code];
}
