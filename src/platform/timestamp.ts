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
