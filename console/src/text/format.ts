/** English as the user's system writes it, such as en-GB. The texts are English, so dates are never in another language. */
const LOCALE = navigator.languages.find((language) => /^en\b/i.test(language)) ?? 'en-GB';

const numbers = new Intl.NumberFormat(LOCALE);
const times = new Intl.DateTimeFormat(LOCALE, { hour: '2-digit', minute: '2-digit' });
const dateTimes = new Intl.DateTimeFormat(LOCALE, {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZoneName: 'short',
});
const days = new Intl.DateTimeFormat(LOCALE, { day: 'numeric', month: 'short', timeZone: 'UTC' });
const hours = new Intl.DateTimeFormat(LOCALE, { weekday: 'short', hour: '2-digit', minute: '2-digit' });
const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: 'auto' });
const lists = new Intl.ListFormat(LOCALE, { type: 'conjunction' });

const DAYS_MAX = 120;

const UNITS = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

export const number = (value: number): string => numbers.format(value);
export const time = (value: Date): string => times.format(value);
export const dateTime = (value: Date): string => dateTimes.format(value);
/** A day of UTC, by which usage is counted. */
export const utcDay = (value: Date): string => days.format(value);
export const hour = (value: Date): string => hours.format(value);
export const list = (values: readonly string[]): string => lists.format(values);

/** Returns "3 minutes ago", "in 6 days" or "now". */
export function relativeTime(value: Date, now: Date): string {
  const seconds = (value.getTime() - now.getTime()) / 1000;
  for (const [unit, length] of UNITS) {
    // Days count up to four months: "in 90 days" says more than "in 3 months".
    if (unit === 'month' && Math.abs(seconds) < DAYS_MAX * 86_400) continue;
    const count = seconds > 0 && unit === 'day' ? Math.round(seconds / length) : Math.trunc(seconds / length);
    if (count !== 0) return relative.format(count, unit);
  }
  return seconds > 0 ? 'in less than a minute' : 'now';
}

/** Returns the longest unit that fits: "23 h", "6 days", "40 s". */
export function duration(seconds: number): string {
  if (seconds >= 172_800) return `${number(Math.floor(seconds / 86_400))} days`;
  if (seconds >= 3_600) return `${number(Math.floor(seconds / 3_600))} h`;
  if (seconds >= 60) return `${number(Math.floor(seconds / 60))} min`;
  return `${number(Math.max(0, Math.ceil(seconds)))} s`;
}

/** Returns how long to wait, rounded up, so that the wait is over when the user tries again. */
export const waitingTime = (seconds: number): string => duration(seconds > 60 ? Math.ceil(seconds / 60) * 60 : seconds);
