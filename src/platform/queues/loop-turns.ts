/** Tasks share a turn of the event loop until they took this long together. Starting an ordinary document takes a fraction of it. */
const TURN_MS = 1;

/** The pause after a task that took longer, in units of what it took: others have two thirds of the time. */
const PAUSE_FACTOR = 2;

/**
 * Bounds what tasks that arrive together take of one turn of the event loop: many costly ones would otherwise run before
 * anything else that arrived meanwhile. After a costly one the next waits twice as long, so that what needs several turns,
 * such as a verification that waits for the database, is not interrupted by one at each of them. Cheap ones share a turn, so
 * that what they ask of the database still becomes one query.
 */
export class LoopTurns {
  readonly #waiting: (() => void)[] = [];
  readonly #now: () => number;
  #isScheduled = false;

  /** @param now milliseconds that never go back; passed by tests only */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Resolves when it is the caller's turn. What the caller does until it waits for something belongs to the turn. */
  pass(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      setImmediate(() => this.#start());
    });
  }

  #start(): void {
    if (this.#waiting.length > 0) this.#next(this.#now());
    else this.#isScheduled = false;
  }

  #next(turnStartedAt: number): void {
    const startedAt = this.#now();
    this.#waiting.shift()?.();
    // A tick that is scheduled by a microtask comes when all microtasks are done, which is when the task waits for something.
    queueMicrotask(() => process.nextTick(() => this.#continue(turnStartedAt, this.#now() - startedAt)));
  }

  #continue(turnStartedAt: number, tookMs: number): void {
    if (tookMs > TURN_MS) setTimeout(() => this.#start(), PAUSE_FACTOR * tookMs);
    else if (this.#waiting.length > 0 && this.#now() - turnStartedAt < TURN_MS) this.#next(turnStartedAt);
    else setImmediate(() => this.#start());
  }
}
