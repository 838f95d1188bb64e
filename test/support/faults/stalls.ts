/** Interval of the measurement, in milliseconds. A timer that is later than this and a little more shows a pause. */
const INTERVAL_MS = 20;
const LATE_MS = 30;

let stalledMs = 0;
let last = performance.now();

setInterval(() => {
  const now = performance.now();
  stalledMs += Math.max(0, now - last - INTERVAL_MS - LATE_MS);
  last = now;
}, INTERVAL_MS).unref();

/**
 * Returns the current time in milliseconds on a clock that leaves out the pauses of this process. The machine is shared with the servers,
 * so they stood still in about the same time, and it does not count as their time to answer or to recover.
 */
export const runningTime = (): number => performance.now() - stalledMs;
