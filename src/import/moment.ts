/** RFC 3339, and what PostgreSQL prints with DateStyle ISO: a space, no minutes in the offset, or no offset at all. */
const MOMENT = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?: ?([Zz]|[+-]\d\d(?::?\d\d)?))?$/;

function offsetOf(text: string | undefined): string {
  if (text === undefined || text.toUpperCase() === 'Z') return 'Z';
  const digits = text.slice(1).replace(':', '').padEnd(4, '0');
  return `${text[0]}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

/**
 * @param text in the form of RFC 3339 or of PostgreSQL; without an offset it is in UTC
 * @returns the moment, to the millisecond, or null for what is none
 */
export function readMoment(text: string): Date | null {
  const [, date, time, fraction = '', offset] = MOMENT.exec(text) ?? [];
  if (date === undefined) return null;
  // JavaScript takes a 31st of February for the 2nd of March.
  const day = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== date) return null;
  const moment = new Date(`${date}T${time}.${fraction.padEnd(3, '0').slice(0, 3)}${offsetOf(offset)}`);
  return Number.isNaN(moment.getTime()) ? null : moment;
}
