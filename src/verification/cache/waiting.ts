import type { Callback, Unavailable } from './protocol.js';

/** A verification that waits for its answer. */
export interface Verification<Value> {
  readonly fingerprint: string;
  /** Time after which it is answered as unavailable. */
  readonly deadline: number;
  /** Null once it is answered. */
  callback: Callback<Value> | null;
}

/** The verifications that wait for a read to be sent. */
export class Waiting<Value> {
  /** Those of keys that were cached when they arrived. */
  #hits: Verification<Value>[] = [];
  /** All others. */
  #misses: Verification<Value>[] = [];

  get hits(): number {
    return this.#hits.length;
  }

  get misses(): number {
    return this.#misses.length;
  }

  add(verification: Verification<Value>, isCached: boolean): void {
    (isCached ? this.#hits : this.#misses).push(verification);
  }

  takeHits(): Verification<Value>[] {
    const taken = this.#hits;
    this.#hits = [];
    return taken;
  }

  /**
   * Takes verifications from the front, until one read has the maximum of keys to read.
   *
   * @param missing receives the fingerprints of these keys
   */
  takeMisses(missing: Set<string>, missingMax: number, isCached: (fingerprint: string) => boolean): Verification<Value>[] {
    let end = 0;
    for (const { fingerprint } of this.#misses) {
      if (!missing.has(fingerprint) && !isCached(fingerprint)) {
        if (missing.size === missingMax) break;
        missing.add(fingerprint);
      }
      end += 1;
    }
    const taken = this.#misses;
    this.#misses = taken.splice(end);
    return taken;
  }

  takeAll(): Verification<Value>[] {
    const taken = [...this.#hits, ...this.#misses];
    this.#hits = [];
    this.#misses = [];
    return taken;
  }

  /** The cache was emptied, so every waiting key has to be read. */
  missAll(): void {
    this.#misses = this.takeAll();
  }

  removeAnswered(): void {
    this.#hits = this.#hits.filter(({ callback }) => callback !== null);
    this.#misses = this.#misses.filter(({ callback }) => callback !== null);
  }

  *all(): IterableIterator<Verification<Value>> {
    yield* this.#hits;
    yield* this.#misses;
  }
}

/** Answers a verification, unless it was answered before. */
export function settle<Value>(verification: Verification<Value>, answer: Value | null | Unavailable): void {
  const { callback } = verification;
  verification.callback = null;
  callback?.(answer);
}
