import pLimit, { type LimitFunction } from 'p-limit';
import { KeywardError, serviceUnavailable } from '../errors/keyward-error.js';
import type { Budget, Budgets } from './window-counter.js';

export interface FairUseLimits {
  cost: Budget;
  requestsAtOnce: number;
  requestsWaiting: number;
  waitMs: number;
}

const SECONDS_UNTIL_FREE = 1;
const UNAVAILABLE_RETRY_SECONDS = 2;

const tooManyAtOnce = () =>
  new KeywardError('RATE_LIMITED', 'Too many of your requests are waiting. Send fewer at the same time.', {
    retryAfterSeconds: SECONDS_UNTIL_FREE,
  });

const tooCostly = ({ limit, windowSeconds }: Budget, retryAfterSeconds: number) =>
  new KeywardError('RATE_LIMITED', `Your requests exceed ${limit} fields in ${windowSeconds} s. Request fewer fields, or retry later.`, {
    retryAfterSeconds,
  });

/** How the holder of a turn found the server. */
export type TurnOutcome = 'done' | 'unavailable';

/** A turn of one key. */
interface Turn {
  /** Whether others had to end first. */
  waited: boolean;
  release(outcome?: TurnOutcome): void;
}

interface Entry {
  limit: LimitFunction;
  count: number;
  /** Rejects one that waits. */
  waiting: Set<(reason: KeywardError) => void>;
}

/**
 * Gives so many turns of one key at a time; who comes later waits. Holds nothing for a key without turns. Whoever waits
 * must hold nothing that a turn needs, a database connection for instance. When a turn finds the server unavailable, those
 * that wait are rejected at once: each would have to find out for itself, one timeout after the other.
 */
export class KeyedTurns {
  readonly #limits: Omit<FairUseLimits, 'cost'>;
  readonly #entries = new Map<string, Entry>();

  constructor(limits: Omit<FairUseLimits, 'cost'>) {
    this.#limits = limits;
  }

  /** @throws {KeywardError} RATE_LIMITED if too many wait, or after the longest time that one may wait; SERVICE_UNAVAILABLE */
  async take(key: string): Promise<Turn> {
    const { requestsAtOnce, requestsWaiting, waitMs } = this.#limits;
    const entry: Entry = this.#entries.get(key) ?? { limit: pLimit(requestsAtOnce), count: 0, waiting: new Set() };
    if (entry.count >= requestsAtOnce + requestsWaiting) throw tooManyAtOnce();
    const waited = entry.count >= requestsAtOnce;
    this.#entries.set(key, entry);
    entry.count += 1;
    return new Promise((resolve, reject) => {
      const stopWaiting = (reason: KeywardError) => {
        clearTimeout(timer);
        entry.waiting.delete(stopWaiting);
        reject(reason);
      };
      const timer = setTimeout(() => stopWaiting(tooManyAtOnce()), waitMs);
      timer.unref();
      entry.waiting.add(stopWaiting);
      const holdTurn = () =>
        new Promise<void>((end) => {
          clearTimeout(timer);
          if (entry.waiting.delete(stopWaiting)) resolve({ waited, release: (outcome) => this.#release(entry, end, outcome) });
          else end();
        });
      void entry.limit(holdTurn).then(() => {
        entry.count -= 1;
        if (entry.count === 0) this.#entries.delete(key);
      });
    });
  }

  #release(entry: Entry, end: () => void, outcome: TurnOutcome = 'done'): void {
    if (outcome === 'unavailable') for (const stopWaiting of entry.waiting) stopWaiting(serviceUnavailable(UNAVAILABLE_RETRY_SECONDS));
    end();
  }
}

/** The part of one request. */
export class Allowance {
  readonly #fairUse: FairUse;
  #turn: Turn | null = null;
  #hasLeft = false;
  /** Of the request, once its document is known. */
  cost = 1;

  constructor(fairUse: FairUse) {
    this.#fairUse = fairUse;
  }

  /**
   * Counts the request's cost and waits for its turn. Once per request, and only after its user is known.
   *
   * @returns whether it had to wait
   * @throws {KeywardError} RATE_LIMITED
   */
  async enter(userId: string): Promise<boolean> {
    const turn = await this.#fairUse.enter(userId, this.cost);
    if (this.#hasLeft) turn.release();
    else this.#turn = turn;
    return turn.waited;
  }

  /** Gives the turn to the next request of the user, or ends those that wait if the server can not serve them. */
  leave(outcome: TurnOutcome = 'done'): void {
    this.#hasLeft = true;
    this.#turn?.release(outcome);
    this.#turn = null;
  }
}

/** Shares the server between its users: what one of them asks for must not slow down the others. */
export class FairUse {
  readonly #budgets: Budgets;
  readonly #limits: FairUseLimits;
  readonly #turns: KeyedTurns;

  constructor(budgets: Budgets, limits: FairUseLimits) {
    this.#budgets = budgets;
    this.#limits = limits;
    this.#turns = new KeyedTurns(limits);
  }

  /** @throws {KeywardError} RATE_LIMITED */
  async enter(userId: string, cost: number): Promise<Turn> {
    const { allowed, resetsInSeconds } = await this.#budgets.spend(userId, this.#limits.cost, cost);
    if (!allowed) throw tooCostly(this.#limits.cost, resetsInSeconds);
    return this.#turns.take(userId);
  }
}
