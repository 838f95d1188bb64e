import type { Logger } from './logger.js';

const LINES_PER_SECOND_MAX = 100;

/**
 * Logs events that a stranger can cause at any rate. After 100 lines in a second the others are counted by kind, and
 * reported in one line when the second is over.
 */
export class LogLimiter {
  readonly #logger: Logger;
  readonly #level: 'debug' | 'info' | 'warn';
  readonly #message: string;
  #lines = 0;
  readonly #summedUp = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(logger: Logger, level: 'debug' | 'info' | 'warn', message: string) {
    this.#logger = logger;
    this.#level = level;
    this.#message = message;
  }

  /** @param kind what the event is counted by: one of few */
  log(kind: string, fields: object): void {
    this.#timer ??= setTimeout(() => this.close(), 1_000).unref();
    this.#lines += 1;
    if (this.#lines <= LINES_PER_SECOND_MAX) this.#logger[this.#level](fields, this.#message);
    else this.#summedUp.set(kind, (this.#summedUp.get(kind) ?? 0) + 1);
  }

  /** Reports what was summed up so far. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lines = 0;
    if (this.#summedUp.size === 0) return;
    const counts = Object.fromEntries(this.#summedUp);
    this.#summedUp.clear();
    this.#logger[this.#level]({ counts }, `${this.#message}: further events in the same second`);
  }
}
