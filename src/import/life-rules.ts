import { REASON_CHARACTERS_MAX } from '../api-keys/key-revocation.js';
import { shortTextFault } from '../platform/text.js';

/** The times of a key that lie in the past. */
interface Life {
  createdAt?: Date | null | undefined;
  revokedAt?: Date | null | undefined;
  revokedReason?: string | null | undefined;
}

/** Returns what is wrong with the times of a key. */
export function lifeFaults(fields: Life, now: Date): string[] {
  const { createdAt, revokedAt, revokedReason } = fields;
  const faults: string[] = [];
  if (createdAt && createdAt > now) faults.push('createdAt must not be in the future');
  if (revokedAt && revokedAt > now) faults.push('revokedAt must not be in the future');
  if (typeof revokedReason === 'string') {
    const fault = shortTextFault(revokedReason, REASON_CHARACTERS_MAX);
    if (fault !== null) faults.push(`revokedReason ${fault}`);
    if (!revokedAt) faults.push('revokedReason requires revokedAt');
  }
  return faults;
}
