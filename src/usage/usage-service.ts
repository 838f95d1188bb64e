import DataLoader from 'dataloader';
import { DAY_MS, HOUR_MS } from '../platform/clock.js';
import type { Database, Transaction } from '../platform/database/client.js';
import type { ApiKeyUsage } from '../platform/database/generated/client.js';
import { badUserInput } from '../platform/errors/keyward-error.js';
import { findLastUses, forgetUsage, type LastUse, sumUsage } from './usage.queries.js';
import { REFUSAL_CODES, type RefusalCode } from './verification-code.js';

export type { LastUse };

/** Length of each interval, and the longest period for which usage can be requested by it. */
const INTERVALS = {
  hour: { ms: HOUR_MS, daysMax: 7 },
  day: { ms: DAY_MS, daysMax: 90 },
};

export type UsageInterval = keyof typeof INTERVALS;

/** A period and its division into intervals, aligned to UTC. */
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
  /** Rejections by code, without codes that did not occur. */
  refusals: { code: RefusalCode; count: number }[];
}

/** Loads usage for the resolvers of one request. One query loads the usage of all the keys that the request needs. */
export interface UsageLoaders {
  lastUses: DataLoader<string, LastUse | null>;
  points(keyId: string, window: UsageWindow): Promise<UsagePoint[]>;
}

/** Reads the usage that UsageRecorder wrote, which is about a second old. */
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

  /** Returns all stored usage of keys, in the order of time. */
  allOf(keyIds: readonly string[]): Promise<ApiKeyUsage[]> {
    return this.#database.apiKeyUsage.findMany({ where: { keyId: { in: [...keyIds] } }, orderBy: [{ hour: 'asc' }, { keyId: 'asc' }] });
  }

  /** Deletes the usage of keys, in the transaction that deletes them. Counts of the last second may be written later. */
  forget(transaction: Transaction, keyIds: readonly string[]): Promise<void> {
    return forgetUsage(transaction, keyIds);
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
        const { allowed = 0, refused = 0, refusals = [] } = byKeyAndStart.get(`${keyId} ${start.getTime()}`) ?? {};
        const counts = REFUSAL_CODES.map((code, index) => ({ code, count: refusals[index] ?? 0 }));
        return { start, allowed, refused, refusals: counts.filter(({ count }) => count > 0) };
      }),
    );
  }
}

/**
 * Extends a window to the whole intervals that it touches.
 *
 * @throws {KeywardError} BAD_USER_INPUT if the window ends before it begins or is too long
 */
function align({ from, to, interval }: UsageWindow): UsageWindow {
  const { ms, daysMax } = INTERVALS[interval];
  // No key is older than 1970, and PostgreSQL has no year 0.
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

/** Returns the number of points of a window, at most that of the longest valid window. */
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
