import { refuseFaults } from '../platform/errors/keyward-error.js';
import { expiryGrantFault } from '../policies/grant-rules.js';
import type { PolicyRules } from '../policies/policy-rules.js';
import { expiryFault } from './api-key-settings.js';

const GRACE_SECONDS_MAX = 30 * 86_400;

/** Options of a rotation. */
export interface Rotation {
  /** 0 if the old key expires immediately. */
  gracePeriodSeconds: number;
  /** Expiry of the new key. Absent for the expiry of the old key; null for no expiry. */
  expiresAt?: Date | null;
}

/** Checks the options of a rotation. @throws {KeywardError} BAD_USER_INPUT */
export function refuseBadRotation({ gracePeriodSeconds, expiresAt }: Rotation, now: Date): void {
  refuseFaults('input.', (report) => {
    const isPossible = gracePeriodSeconds >= 0 && gracePeriodSeconds <= GRACE_SECONDS_MAX;
    report('gracePeriodSeconds', isPossible ? null : `must be from 0 to ${GRACE_SECONDS_MAX}`);
    if (expiresAt) report('expiresAt', expiryFault(expiresAt, now));
  });
}

/**
 * Rejects a rotation with an expiry that the policy does not permit. An expiry that the new key takes from the old one may be later than
 * permitted, because the policy ends the new key earlier anyway.
 *
 * @throws {KeywardError} BAD_USER_INPUT
 */
export function refuseExpiryBeyondPolicy(
  { expiresAt }: Rotation,
  old: { expiresAt: Date | null },
  policy: PolicyRules | null,
  now: Date,
): void {
  refuseFaults('input.', (report) => {
    if (expiresAt !== undefined || old.expiresAt === null) report('expiresAt', expiryGrantFault(expiresAt ?? null, now, policy));
  });
}
