/**
 * A map that returns its least recently set entry in constant time. V8 keeps deleted entries of a Map in place for a while,
 * so a new iterator has to skip them at each call. This map keeps one iterator instead.
 */
export class RecencyMap<Value> {
  readonly #entries = new Map<string, Value>();
  #keys = this.#entries.keys();
  #oldest: string | undefined;

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key);
  }

  /** Stores the value as the most recent one. */
  set(key: string, value: Value): void {
    this.delete(key);
    this.#entries.set(key, value);
  }

  delete(key: string): boolean {
    if (key === this.#oldest) this.#oldest = undefined;
    return this.#entries.delete(key);
  }

  /** Returns the entry that was set least recently. */
  oldest(): { key: string; value: Value } | undefined {
    if (this.#oldest === undefined) {
      let next = this.#keys.next();
      if (next.done) {
        this.#keys = this.#entries.keys();
        next = this.#keys.next();
      }
      this.#oldest = next.done ? undefined : next.value;
    }
    const key = this.#oldest;
    const value = key === undefined ? undefined : this.#entries.get(key);
    return key === undefined || value === undefined ? undefined : { key, value };
  }
}
