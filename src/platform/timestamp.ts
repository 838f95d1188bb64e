import { DAY_MS } from './clock.js';

/** RFC 3339, and the output of PostgreSQL with DateStyle ISO: a space, an offset without minutes, or no offset. */
const TIMESTAMP = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?: ?([Zz]|[+-]\d\d(?::?\d\d)?))?$/;

function offsetOf(text: string | undefined): string {
  if (text === undefined || text.toUpperCase() === 'Z') return 'Z';
  const digits = text.slice(1).replace(':', '').padEnd(4, '0');
  return `${text[0]}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

/**
 * Parses a timestamp in the format of RFC 3339 or of PostgreSQL. Without an offset, it is in UTC.
 *
 * @returns the time, truncated to milliseconds; null for any other text
 */
export function readTimestamp(text: string): Date | null {
  const [, date, time, fraction = '', offset] = TIMESTAMP.exec(text) ?? [];
  if (date === undefined) return null;
  // JavaScript reads 31 February as 2 or 3 March.
  const day = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== date) return null;
  const timestamp = new Date(`${date}T${time}.${fraction.padEnd(3, '0').slice(0, 3)}${offsetOf(offset)}`);
  return Number.isNaN(timestamp.getTime()) ? null : timestamp;
}

/**
 * Returns a stored time, or the start of 1970 for a time that JavaScript cannot represent: `infinity`, `-infinity`, years before Christ and
 * after 9999. Such times were stored by hand. Every comparison with an invalid date is false, so a key would not expire.
 *
 * @param time a date of the driver, or the text that PostgreSQL writes into JSON
 */
export function storedTime(time: Date | string): Date {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? new Date(0) : date;
}

const digitsUpTo = (end: number, length: number): readonly string[] =>
  Array.from({ length: end }, (_, n) => String(n).padStart(length, '0'));

const [TWO_DIGITS, THREE_DIGITS] = [digitsUpTo(60, 2), digitsUpTo(1_000, 3)];

const DATES_MAX = 1_000;

/** The texts of dates by the number of days since the epoch. */
const dates = new Map<number, string>();

function dateText(day: number): string {
  const known = dates.get(day);
  if (known !== undefined) return known;
  if (dates.size >= DATES_MAX) dates.clear();
  const text = new Date(day * DAY_MS).toISOString().slice(0, -'00:00:00.000Z'.length);
  dates.set(day, text);
  return text;
}

/**
 * Returns the same text as `new Date(ms).toISOString()` in less time, for the answers to verifications.
 *
 * @param ms since the epoch, of a time that Date can represent
 */
export function timestampText(ms: number): string {
  const day = Math.floor(ms / DAY_MS);
  const rest = ms - day * DAY_MS;
  const seconds = Math.floor(rest / 1_000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const [hh, mm, ss] = [TWO_DIGITS[hours], TWO_DIGITS[minutes - hours * 60], TWO_DIGITS[seconds - minutes * 60]];
  return `${dateText(day)}${hh}:${mm}:${ss}.${THREE_DIGITS[rest - seconds * 1_000]}Z`;
}
