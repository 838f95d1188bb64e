import type { Clock } from '../../src/platform/clock.js';

/** A clock that advances only when a test advances it. */
export class TestClock implements Clock {
  #now: number;

  constructor(start = '2026-01-31T12:00:00.000Z') {
    this.#now = Date.parse(start);
  }

  now(): Date {
    return new Date(this.#now);
  }

  advanceSeconds(seconds: number): void {
    this.#now += seconds * 1_000;
  }
}
