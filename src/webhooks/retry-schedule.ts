import { HOUR_MS } from '../platform/clock.js';
import { WEBHOOK_LIMITS } from '../platform/limits.js';

const MINUTE_MS = 60_000;

/** Time between an attempt and the next one. The first attempt begins at once. */
const DELAYS_MS = [5_000, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 5 * HOUR_MS, 10 * HOUR_MS, 14 * HOUR_MS, 20 * HOUR_MS, 24 * HOUR_MS];

/** Returns the time of the attempt after a failed one. @param attempts number of attempts so far @returns null if there is no further one */
export function nextAttemptAt(attempts: number, now: Date, retryAfterSeconds: number | null): Date | null {
  const delay = DELAYS_MS[attempts - 1];
  if (delay === undefined) return null;
  return new Date(now.getTime() + Math.max(delay, (retryAfterSeconds ?? 0) * 1_000));
}

/** Parses a Retry-After header: seconds or a date (RFC 9110 §10.2.3). @returns seconds, at most a day; null for any other text */
export function retryAfterOf(header: string | undefined, now: Date): number | null {
  if (header === undefined) return null;
  const seconds = /^\d{1,9}$/.test(header.trim()) ? Number(header) : (Date.parse(header) - now.getTime()) / 1_000;
  return Number.isFinite(seconds) ? Math.min(Math.max(0, Math.ceil(seconds)), WEBHOOK_LIMITS.retryAfterSecondsMax) : null;
}
