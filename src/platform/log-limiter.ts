import type { Logger } from './logger.js';

const LINES_PER_SECOND_MAX = 100;

/**
 * Logs events that any client can cause at any rate. After 100 lines in a second, further events are only counted by kind,
 * and one line reports the counts at the end of the second.
 */
export class LogLimiter {
  readonly #logger: Logger;
  readonly #level: 'debug' | 'info' | 'warn';
  readonly #message: string;
  #lines = 0;
  readonly #counts = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(logger: Logger, level: 'debug' | 'info' | 'warn', message: string) {
    this.#logger = logger;
    this.#level = level;
    this.#message = message;
  }

  /** Logs an event, or counts it by its `kind`. The number of different kinds must be small. */
  log(kind: string, fields: object): void {
    this.#timer ??= setTimeout(() => this.close(), 1_000).unref();
    this.#lines += 1;
    if (this.#lines <= LINES_PER_SECOND_MAX) this.#logger[this.#level](fields, this.#message);
    else this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }

  /** Reports the counts so far. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lines = 0;
    if (this.#counts.size === 0) return;
    const counts = Object.fromEntries(this.#counts);
    this.#counts.clear();
    this.#logger[this.#level]({ counts }, `${this.#message}: further events in the same second`);
  }
}
