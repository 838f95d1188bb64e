import { LRUCache } from 'lru-cache';
import { KeywardError } from '../errors/keyward-error.js';

/** Tasks run in the same turn of the event loop until they have taken this time together. Most documents take a fraction of it. */
const TURN_MS = 1;

/** The pause after a longer task, as a multiple of its time: two thirds of the time remain for other work. */
const PAUSE_FACTOR = 2;

/** Longest time that counts for one task. The costliest document takes less; a longer one means that the machine or the process stood still. */
const TASK_MS_MAX = 20;

export interface LoopTurnLimits {
  /** Maximum share of the event loop's time for the tasks of one network. */
  shareOfTime: number;
  /** Time that a network may take at once after it was idle. */
  burstMs: number;
  /** A task that was rejected while others of its network waited counts this many times its time. */
  rejectedFactor: number;
  waitingMax: number;
  waitingCharactersMax: number;
  waitingPerNetworkMax: number;
  waitingCharactersPerNetworkMax: number;
  waitingMsMax: number;
  retryAfterSeconds: number;
  networksMax: number;
}

/** The turn of one task. It ends when the task first waits for something. */
export interface LoopTurn {
  isRejected: boolean;
}

interface Waiting {
  characters: number;
  start(turn: LoopTurn): void;
}

interface Line {
  tasks: Waiting[];
  characters: number;
}

/** Remaining time of a network at a given time, in milliseconds. Negative if the network took more. */
interface Credit {
  ms: number;
  at: number;
}

/**
 * Bounds the time of the event loop that costly tasks take. If many of them arrive together, they would otherwise delay
 * everything that arrives later. A costly task is therefore followed by a pause, so that work of several turns, such as a
 * verification that waits for the database, is not delayed at each turn. Cheap tasks share a turn, so that their database
 * reads still become one query. Each network has a token bucket of time, and networks with remaining time take turns.
 */
export class LoopTurns {
  readonly #limits: LoopTurnLimits;
  readonly #now: () => number;
  /** By network. The network that has waited longest is the first. */
  readonly #waiting = new Map<string, Line>();
  readonly #credits: LRUCache<string, Credit>;
  #waitingCount = 0;
  #waitingCharacters = 0;
  #pauseUntil = 0;
  #isInTurn = false;
  /** Time at which the timer fires; infinite without a timer. */
  #wakesAt = Number.POSITIVE_INFINITY;
  #isScheduled = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param now monotonic time in milliseconds; only tests pass it */
  constructor(limits: LoopTurnLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
    this.#credits = new LRUCache({ max: limits.networksMax });
  }

  /**
   * Resolves when a task of the network may run.
   *
   * @param characters length of the task's input, which stays in memory while the task waits
   * @throws {KeywardError} RATE_LIMITED if too many tasks wait, or this one waited too long
   */
  pass(network: string, characters: number): Promise<LoopTurn> {
    const line = this.#waiting.get(network) ?? { tasks: [], characters: 0 };
    if (!this.#hasRoom(line, characters)) return Promise.reject(this.#rateLimited());
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        if (this.#remove(network, task)) reject(this.#rateLimited());
      };
      // After the turns that are scheduled: if the event loop stood still, the task has not had its chance yet.
      const timer = setTimeout(() => setImmediate(giveUp), this.#limits.waitingMsMax).unref();
      const task: Waiting = {
        characters,
        start: (turn) => {
          clearTimeout(timer);
          resolve(turn);
        },
      };
      line.tasks.push(task);
      this.#waiting.set(network, line);
      this.#count(line, 1, characters);
      const now = this.#now();
      if (!this.#isInTurn) this.#wake(now, this.#delayOf(network, now));
    });
  }

  #hasRoom(line: Line, characters: number): boolean {
    const { waitingMax, waitingCharactersMax, waitingPerNetworkMax, waitingCharactersPerNetworkMax } = this.#limits;
    const isFull = this.#waitingCount >= waitingMax || this.#waitingCharacters + characters > waitingCharactersMax;
    return !isFull && line.tasks.length < waitingPerNetworkMax && line.characters + characters <= waitingCharactersPerNetworkMax;
  }

  #count(line: Line, tasks: number, characters: number): void {
    line.characters += characters;
    this.#waitingCharacters += characters;
    this.#waitingCount += tasks;
  }

  #rateLimited(): KeywardError {
    const { retryAfterSeconds } = this.#limits;
    return new KeywardError(
      'RATE_LIMITED',
      'Your network sends too many new or invalid GraphQL documents. Repeat a document, and pass values as variables.',
      { retryAfterSeconds },
    );
  }

  /** Removes a task from its line. @returns false if it does not wait */
  #remove(network: string, task: Waiting): boolean {
    const line = this.#waiting.get(network);
    const index = line?.tasks.indexOf(task) ?? -1;
    if (!line || index < 0) return false;
    line.tasks.splice(index, 1);
    if (line.tasks.length === 0) this.#waiting.delete(network);
    this.#count(line, -1, -task.characters);
    return true;
  }

  #creditOf(network: string, now: number): number {
    const { burstMs, shareOfTime } = this.#limits;
    const credit = this.#credits.get(network);
    return credit ? Math.min(burstMs, credit.ms + (now - credit.at) * shareOfTime) : burstMs;
  }

  /** Returns the milliseconds until the network may have a turn. */
  #delayOf(network: string, now: number): number {
    return Math.max(0, -this.#creditOf(network, now) / this.#limits.shareOfTime);
  }

  /** Schedules the next turn after the delay and the pause, unless an earlier one is scheduled. */
  #wake(now: number, delayMs: number): void {
    const at = Math.max(now + delayMs, this.#pauseUntil);
    if (this.#isScheduled || at >= this.#wakesAt) return;
    clearTimeout(this.#timer);
    if (at > now) {
      this.#wakesAt = at;
      this.#timer = setTimeout(() => this.#schedule(this.#now()), at - now);
      return;
    }
    this.#wakesAt = Number.POSITIVE_INFINITY;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#next(this.#now());
    });
  }

  #schedule(now: number): void {
    this.#wakesAt = Number.POSITIVE_INFINITY;
    let delayMs = Number.POSITIVE_INFINITY;
    for (const network of this.#waiting.keys()) delayMs = Math.min(delayMs, this.#delayOf(network, now));
    this.#wake(now, delayMs);
  }

  #firstReady(now: number): { network: string; task: Waiting } | undefined {
    for (const [network, { tasks }] of this.#waiting) {
      const [task] = tasks;
      if (task && this.#delayOf(network, now) === 0) return { network, task };
    }
    return undefined;
  }

  #next(turnStartedAt: number): void {
    const startedAt = this.#now();
    const ready = this.#firstReady(startedAt);
    if (!ready) {
      this.#schedule(startedAt);
      return;
    }
    const turn = { isRejected: false };
    this.#takeOut(ready.network, ready.task);
    this.#isInTurn = true;
    ready.task.start(turn);
    // A tick that a microtask schedules runs after all microtasks, which is when the task waits for something.
    queueMicrotask(() => process.nextTick(() => this.#end(ready.network, turn, startedAt, turnStartedAt)));
  }

  /** Removes a task, and moves its network to the end. */
  #takeOut(network: string, task: Waiting): void {
    this.#remove(network, task);
    const others = this.#waiting.get(network);
    if (others && this.#waiting.delete(network)) this.#waiting.set(network, others);
  }

  #end(network: string, turn: LoopTurn, startedAt: number, turnStartedAt: number): void {
    this.#isInTurn = false;
    const now = this.#now();
    const tookMs = Math.min(now - startedAt, TASK_MS_MAX);
    // A client that waits for each response has no other task in its queue, so only the pauses slow it down.
    const price = turn.isRejected && this.#waiting.has(network) ? tookMs * this.#limits.rejectedFactor : tookMs;
    this.#credits.set(network, { ms: this.#creditOf(network, now) - price, at: now });
    if (tookMs > TURN_MS) this.#pauseUntil = now + PAUSE_FACTOR * tookMs;
    if (tookMs <= TURN_MS && now - turnStartedAt < TURN_MS) this.#next(turnStartedAt);
    else this.#schedule(now);
  }
}
