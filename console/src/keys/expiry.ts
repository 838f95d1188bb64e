import type { KeyPolicy } from './policy';

/** A choice in the field "Expires": a number of days, a date, never, or the expiry that the key has. */
export type ExpiryChoice = 'unchanged' | 'date' | 'never' | `${number}`;

export type ExpiryRules = Pick<KeyPolicy, 'keyLifetimeDaysMax' | 'expiryRequired'>;

const PRESET_DAYS = [7, 30, 90, 365];
const PROPOSED_DAYS = 90;
const DAY_MS = 86_400_000;

/** Returns the presets that the policy permits. Its longest lifetime is one of them. */
export function presetDays({ keyLifetimeDaysMax: max }: ExpiryRules): number[] {
  if (max === null) return PRESET_DAYS;
  return [...new Set([...PRESET_DAYS.filter((days) => days <= max), max])].sort((one, other) => one - other);
}

/** Returns the choice that a new key starts with: 90 days, or the longest that is permitted. */
export const proposedExpiry = ({ keyLifetimeDaysMax: max }: ExpiryRules): ExpiryChoice =>
  `${max === null ? PROPOSED_DAYS : Math.min(PROPOSED_DAYS, max)}`;

/** Whether a key without an expiry of its own is permitted. Where a lifetime applies, it would end by the policy. */
export const mayNeverExpire = ({ expiryRequired, keyLifetimeDaysMax }: ExpiryRules): boolean =>
  !expiryRequired && keyLifetimeDaysMax === null;

/** Returns the end of a day of the user's calendar; undefined if it is no date. `date` has the form 2027-02-22. */
export function endOfDay(date: string): Date | undefined {
  const end = new Date(`${date}T23:59:59`);
  return /^\d{4}-\d{2}-\d{2}$/.test(date) && !Number.isNaN(end.getTime()) ? end : undefined;
}

/** Returns a date of the user's calendar as 2027-02-22. */
export const dayOf = (value: Date): string =>
  [value.getFullYear(), value.getMonth() + 1, value.getDate()].map((part) => String(part).padStart(2, '0')).join('-');

/**
 * Returns when a key with this choice expires: null if never, undefined if the date is missing or invalid.
 * Computed at submission, because a page can stay open for days.
 */
export function expiryAt(choice: ExpiryChoice, date: string, now: Date): Date | null | undefined {
  if (choice === 'never') return null;
  if (choice === 'date') return endOfDay(date);
  if (choice === 'unchanged') return undefined;
  return new Date(now.getTime() + Number(choice) * DAY_MS);
}

export type ExpiryError = 'datePast' | 'dateTooLate';

/** Returns why the expiry is not permitted. The lifetime counts from the creation of the key. */
export function expiryError(
  end: Date | null | undefined,
  now: Date,
  created: Date,
  { keyLifetimeDaysMax: max }: ExpiryRules,
): ExpiryError | undefined {
  if (end === undefined) return 'datePast';
  if (end === null) return undefined;
  if (end <= now) return 'datePast';
  return max !== null && end.getTime() > created.getTime() + max * DAY_MS ? 'dateTooLate' : undefined;
}
