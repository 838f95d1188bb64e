import DataLoader from 'dataloader';
import type { Database, Transaction } from '../platform/database/client.js';
import { badUserInput } from '../platform/errors.js';
import { findLastUses, forgetUsage, type LastUse, sumUsage } from './usage.queries.js';

export type { LastUse };

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How long an interval is, and over how much time usage may be asked for. */
const INTERVALS = {
  hour: { ms: HOUR_MS, daysMax: 7 },
  day: { ms: DAY_MS, daysMax: 90 },
};

export type UsageInterval = keyof typeof INTERVALS;

/** A stretch of time, in intervals of UTC. */
export interface UsageWindow {
  from: Date;
  to: Date;
  interval: UsageInterval;
}

/** The verifications of a key in one interval. */
export interface UsagePoint {
  start: Date;
  allowed: number;
  refused: number;
}

/** What the resolvers of one request load usage through: all keys that it asks about in one query. */
export interface UsageLoaders {
  lastUses: DataLoader<string, LastUse | null>;
  points(keyId: string, window: UsageWindow): Promise<UsagePoint[]>;
}

/** Reads what the recorder wrote, so it is about a second behind. */
export class UsageService {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  loaders(): UsageLoaders {
    const byWindow = new Map<string, DataLoader<string, UsagePoint[]>>();
    return {
      lastUses: new DataLoader((keyIds) => this.#lastUses(keyIds)),
      points: async (keyId, window) => {
        const aligned = align(window);
        const id = JSON.stringify(aligned);
        const loader = byWindow.get(id) ?? new DataLoader((keyIds) => this.#points(keyIds, aligned));
        byWindow.set(id, loader);
        return loader.load(keyId);
      },
    };
  }

  /** Forgets all use of a user's keys, in the transaction that deletes the user. What was counted in the last second may follow. */
  forget(transaction: Transaction, userId: string): Promise<void> {
    return forgetUsage(transaction, userId);
  }

  async #lastUses(keyIds: readonly string[]): Promise<(LastUse | null)[]> {
    const lastUses = await findLastUses(this.#database, keyIds);
    return keyIds.map((keyId) => lastUses.get(keyId) ?? null);
  }

  async #points(keyIds: readonly string[], window: UsageWindow): Promise<UsagePoint[][]> {
    const sums = await sumUsage(this.#database, keyIds, window);
    const byKeyAndStart = new Map(sums.map((sum) => [`${sum.keyId} ${sum.start.getTime()}`, sum]));
    return keyIds.map((keyId) =>
      startsOf(window).map((start) => {
        const { allowed = 0, refused = 0 } = byKeyAndStart.get(`${keyId} ${start.getTime()}`) ?? {};
        return { start, allowed, refused };
      }),
    );
  }
}

/**
 * @returns the window of the whole intervals that it touches
 * @throws {KeywardError} BAD_USER_INPUT where it ends before it begins, or is too long
 */
function align({ from, to, interval }: UsageWindow): UsageWindow {
  const { ms, daysMax } = INTERVALS[interval];
  // No key is older, and PostgreSQL has no year 0.
  if (from.getTime() < 0) throw badUserInput([{ path: 'from', message: 'must not be before 1970' }]);
  if (to <= from) throw badUserInput([{ path: 'to', message: 'must be after from' }]);
  if (to.getTime() - from.getTime() > daysMax * DAY_MS) {
    throw badUserInput([{ path: 'to', message: `must be at most ${daysMax} days after from if usage is by ${interval}` }]);
  }
  return {
    from: new Date(Math.floor(from.getTime() / ms) * ms),
    to: new Date(Math.ceil(to.getTime() / ms) * ms),
    interval,
  };
}

/** @returns how many points a window has, if it is not too long: at most as many as the longest one */
export function pointCount({ from, to, interval }: UsageWindow): number {
  const { ms, daysMax } = INTERVALS[interval];
  const count = Math.ceil(to.getTime() / ms) - Math.floor(from.getTime() / ms);
  return Math.min((daysMax * DAY_MS) / ms + 1, Math.max(1, count));
}

function startsOf({ from, to, interval }: UsageWindow): Date[] {
  const { ms } = INTERVALS[interval];
  const count = (to.getTime() - from.getTime()) / ms;
  return Array.from({ length: count }, (_, index) => new Date(from.getTime() + index * ms));
}
