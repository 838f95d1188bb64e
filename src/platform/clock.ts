export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** The source of the current time. It is injected, so that tests can change the time instead of sleeping. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };
