import { badUserInput, type FieldFault } from '../platform/errors/keyward-error.js';
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
  const faults: FieldFault[] = [];
  if (gracePeriodSeconds < 0 || gracePeriodSeconds > GRACE_SECONDS_MAX) {
    faults.push({ path: 'input.gracePeriodSeconds', message: `must be from 0 to ${GRACE_SECONDS_MAX}` });
  }
  const fault = expiresAt ? expiryFault(expiresAt, now) : null;
  if (fault !== null) faults.push({ path: 'input.expiresAt', message: fault });
  if (faults.length > 0) throw badUserInput(faults);
}
