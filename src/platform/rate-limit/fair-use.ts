import pLimit, { type LimitFunction } from 'p-limit';
import { KeywardError, serviceUnavailable } from '../errors/keyward-error.js';
import type { Budget, Budgets } from './window-counter.js';

export interface FairUseLimits {
  cost: Budget;
  requestsAtOnce: number;
  serviceRequestsAtOnce: number;
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

/** How a turn ended: `unavailable` if the server could not process its request. */
export type TurnOutcome = 'done' | 'unavailable';

/** A turn of one key. */
interface Turn {
  /** Whether the turn had to wait for others. */
  waited: boolean;
  release(outcome?: TurnOutcome): void;
}

interface Entry {
  limit: LimitFunction;
  count: number;
  /** Functions that reject the waiting turns. */
  waiting: Set<(reason: KeywardError) => void>;
}

type TurnLimits = Omit<FairUseLimits, 'cost' | 'serviceRequestsAtOnce'>;

/**
 * Limits the turns of one key that run at the same time; further ones wait. A key without turns takes no memory. A caller
 * that waits must not hold a resource that a turn needs, such as a database connection. If a turn finds the server
 * unavailable, all waiting turns of its key are rejected at once, instead of one timeout after the other.
 */
export class KeyedTurns {
  readonly #limits: TurnLimits;
  readonly #entries = new Map<string, Entry>();

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /**
   * Waits for a turn. The caller must release it.
   *
   * @throws {KeywardError} RATE_LIMITED if too many turns wait or this one waited too long, SERVICE_UNAVAILABLE
   */
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

/** The turn and the cost of one request. */
export class Allowance {
  readonly #fairUse: FairUse;
  #turn: Turn | null = null;
  #hasLeft = false;
  /** Cost of the request. It is set after the document was validated. */
  cost = 1;

  constructor(fairUse: FairUse) {
    this.#fairUse = fairUse;
  }

  /**
   * Counts the cost of the request and waits for its turn. To be called once per request, when its user is known.
   *
   * @returns whether the request had to wait
   * @throws {KeywardError} RATE_LIMITED
   */
  async enter(userId: string): Promise<boolean> {
    return this.#take(await this.#fairUse.enter(userId, this.cost));
  }

  /** Waits for the turn of a request of a service. Its cost is not counted. Otherwise like `enter`. */
  async enterAsService(serviceTokenId: string): Promise<boolean> {
    return this.#take(await this.#fairUse.enterAsService(serviceTokenId));
  }

  #take(turn: Turn): boolean {
    if (this.#hasLeft) turn.release();
    else this.#turn = turn;
    return turn.waited;
  }

  /** Passes the turn to the next request of the user. Rejects the waiting requests if the outcome is `unavailable`. */
  leave(outcome: TurnOutcome = 'done'): void {
    this.#hasLeft = true;
    this.#turn?.release(outcome);
    this.#turn = null;
  }
}

/** Shares the server between its users, so that the requests of one user do not slow down the others. */
export class FairUse {
  readonly #budgets: Budgets;
  readonly #limits: FairUseLimits;
  readonly #turns: KeyedTurns;
  readonly #serviceTurns: KeyedTurns;

  constructor(budgets: Budgets, limits: FairUseLimits) {
    this.#budgets = budgets;
    this.#limits = limits;
    this.#turns = new KeyedTurns(limits);
    this.#serviceTurns = new KeyedTurns({ ...limits, requestsAtOnce: limits.serviceRequestsAtOnce });
  }

  /** Waits for a turn of a service. @throws {KeywardError} RATE_LIMITED, SERVICE_UNAVAILABLE */
  enterAsService(serviceTokenId: string): Promise<Turn> {
    return this.#serviceTurns.take(serviceTokenId);
  }

  /**
   * Counts the cost of a request, and waits for a turn of its user.
   *
   * @throws {KeywardError} RATE_LIMITED if the user exceeds a limit, SERVICE_UNAVAILABLE
   */
  async enter(userId: string, cost: number): Promise<Turn> {
    const { allowed, resetsInSeconds } = await this.#budgets.spend(userId, this.#limits.cost, cost);
    if (!allowed) throw tooCostly(this.#limits.cost, resetsInSeconds);
    return this.#turns.take(userId);
  }
}
