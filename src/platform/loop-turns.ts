/** A turn that takes longer is followed by a pause. Checking and starting an ordinary document takes a fraction of it. */
const SHORT_MS = 1;

/**
 * Lets through one at a time in each turn of the event loop. Of many costly tasks that arrive together, all would run before anything
 * else that arrived meanwhile. After a costly one the next waits as long again, so that what needs several turns, such as a
 * verification that waits for the database, is not interrupted by one at each of them.
 */
export class LoopTurns {
  readonly #waiting: (() => void)[] = [];
  #isScheduled = false;

  /** Resolves when it is the caller's turn. What the caller does until it waits for something belongs to the turn. */
  pass(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      setImmediate(() => this.#next());
    });
  }

  #next(): void {
    const startedAt = performance.now();
    this.#waiting.shift()?.();
    // A tick that is scheduled by a microtask comes when all microtasks are done, which is when the turn is over.
    queueMicrotask(() => process.nextTick(() => this.#scheduleNext(performance.now() - startedAt)));
  }

  #scheduleNext(tookMs: number): void {
    if (tookMs > SHORT_MS) setTimeout(() => this.#continue(), tookMs);
    else setImmediate(() => this.#continue());
  }

  #continue(): void {
    if (this.#waiting.length > 0) this.#next();
    else this.#isScheduled = false;
  }
}
