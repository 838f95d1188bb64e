import { useMemo } from 'preact/hooks';
import { dateTime, relativeTime } from '../text/format';
import { Listeners } from './listeners';
import { useStore } from './use-store';

// One clock for all relative times of the page. It runs while one is shown.
const TICK_MS = 15_000;
const HOUR_MS = 3_600_000;
const listeners = new Listeners();
let timer: ReturnType<typeof setInterval> | undefined;
let now = new Date();

function subscribe(listener: () => void): () => void {
  now = new Date();
  const remove = listeners.add(listener);
  timer ??= setInterval(() => {
    now = new Date();
    listeners.notify();
  }, TICK_MS);
  return () => {
    remove();
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

const current = (): Date => now;

/** Returns the current time, and renders again as time passes. */
export const useNow = (): Date => useStore(subscribe, current);

/**
 * Returns a time within the current hour, the same object until the next one. Usage is counted by the hour. It is the last millisecond,
 * because a period that ends at the start of an hour does not contain this hour.
 */
export function useHour(): Date {
  const last = (Math.floor(useNow().getTime() / HOUR_MS) + 1) * HOUR_MS - 1;
  return useMemo(() => new Date(last), [last]);
}

/** A relative time, with the exact local time and the time in UTC as its title. */
export function RelativeTime({ at }: { at: string }) {
  const value = new Date(at);
  const reference = useNow();
  // The clock of the page ticks every 15 s: what happened since the last tick happened now.
  const shown = value > reference && value.getTime() - Date.now() < 0 ? value : reference;
  return (
    <time dateTime={at} title={`${dateTime(value)} (${at})`}>
      {relativeTime(value, shown)}
    </time>
  );
}

/** The exact local time. */
export const ExactTime = ({ at }: { at: string }) => (
  <time dateTime={at} title={at}>
    {dateTime(new Date(at))}
  </time>
);
