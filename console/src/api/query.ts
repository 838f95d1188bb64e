import { Listeners } from '../ui/listeners';
import type { Problem } from './problem';
import type { Answer } from './send';

/** What is known of a query. */
export interface Reading<Data> {
  /** The newest answer. It stays while a later request fails. */
  data: Data | undefined;
  /** When the answer arrived. */
  readAt: Date | undefined;
  problem: Problem | undefined;
  isLoading: boolean;
}

const UNREAD = { data: undefined, readAt: undefined, problem: undefined, isLoading: true };

/** One document with its variables, and its newest answer. Everything that observes it shares one request. */
export class Query<Data> {
  #reading: Reading<Data> = UNREAD;
  #request: AbortController | undefined;
  readonly #send: (signal: AbortSignal) => Promise<Answer<Data>>;
  readonly #observers = new Listeners();

  constructor(send: (signal: AbortSignal) => Promise<Answer<Data>>) {
    this.#send = send;
  }

  readonly reading = (): Reading<Data> => this.#reading;

  get isObserved(): boolean {
    return this.#observers.size > 0;
  }

  /** Reads the query, and calls the observer after each change until the returned function is called. */
  readonly observe = (observer: () => void): (() => void) => {
    const remove = this.#observers.add(observer);
    this.read();
    return () => {
      remove();
      if (!this.isObserved) this.#abort();
    };
  };

  /** Reads the query, unless a request for it is in flight. */
  readonly read = (): void => {
    if (!this.#request) void this.#read();
  };

  /** Reads the query again after a change on the server, or forgets its answer if nothing shows it. */
  refresh(): void {
    this.#abort();
    if (this.isObserved) this.read();
    else this.#reading = UNREAD;
  }

  #abort(): void {
    this.#request?.abort();
    this.#request = undefined;
  }

  async #read(): Promise<void> {
    const request = new AbortController();
    this.#request = request;
    this.#set({ ...this.#reading, isLoading: true });
    const { data, problem } = await this.#send(request.signal);
    if (request.signal.aborted) return;
    this.#request = undefined;
    if (!problem) this.#set({ data, readAt: new Date(), problem, isLoading: false });
    else this.#set({ ...this.#reading, ...(!this.#reading.readAt && { data }), problem, isLoading: false });
  }

  #set(reading: Reading<Data>): void {
    this.#reading = reading;
    this.#observers.notify();
  }
}
