import { InvalidArgumentError } from 'commander';
import { readTimestamp } from '../platform/timestamp.js';

/** Reads the items of a comma-separated list. */
export const readList = (text: string): string[] => text.split(',').map((item) => item.trim());

/** Reads a time in the format of RFC 3339. @throws {InvalidArgumentError} */
export function readTime(text: string): Date {
  const time = readTimestamp(text);
  if (!time) throw new InvalidArgumentError('It must be a time like 2027-01-31T12:00:00Z.');
  return time;
}

/** Reads a number of seconds. @throws {InvalidArgumentError} */
export function readSeconds(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of seconds.');
  return Number(text);
}
