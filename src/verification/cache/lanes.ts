import type { Ticket } from './change-feed.js';
import { LANES, type Lane } from './protocol.js';
import type { Verification } from './waiting.js';

/** A read in flight, and the verifications that it answers. */
export interface Sent<Value> {
  readonly batch: readonly Verification<Value>[];
  /** Fingerprints of the keys that it reads. */
  readonly missing: ReadonlySet<string>;
  readonly ticket: Ticket;
}

/** The connections and the read that each of them carries. */
export class Lanes<Value> {
  readonly #connected = new Set<Lane>();
  readonly #sent = new Map<Lane, Sent<Value>>();

  get isConnected(): boolean {
    return this.#connected.size > 0;
  }

  get isBusy(): boolean {
    return this.#sent.size > 0;
  }

  has(lane: Lane): boolean {
    return this.#connected.has(lane);
  }

  isIdle(lane: Lane): boolean {
    return this.#connected.has(lane) && !this.#sent.has(lane);
  }

  connect(lane: Lane): void {
    this.#connected.add(lane);
  }

  /** Removes a connection, and returns its read. */
  disconnect(lane: Lane): Sent<Value> | undefined {
    this.#connected.delete(lane);
    return this.take(lane);
  }

  put(lane: Lane, sent: Sent<Value>): void {
    this.#sent.set(lane, sent);
  }

  /** Ends the read of a connection, and returns it. */
  take(lane: Lane): Sent<Value> | undefined {
    const sent = this.#sent.get(lane);
    this.#sent.delete(lane);
    return sent;
  }

  /** Returns the verifications of all reads in flight. */
  waiting(): Verification<Value>[] {
    return LANES.flatMap((lane) => this.#sent.get(lane)?.batch ?? []);
  }
}
