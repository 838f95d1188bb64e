/** Requests that wait for the first request with the same document. Further ones are treated as requests with a new document. */
const WAITING_MAX = 2_000;

/**
 * Lets requests with the same new document wait for the first of them. If that request is accepted, its document is cached, and
 * the others need no turn of their own. Without this, clients that all start with one document would wait for each other.
 */
export class FirstRequests {
  /** The end of the first request, by the hash of its document. */
  readonly #firsts = new Map<string, Promise<void>>();
  #waiting = 0;

  /** Returns when the first request with the document is accepted or rejected. Undefined if there is no such request. */
  join(documentHash: string): Promise<void> | undefined {
    const first = this.#firsts.get(documentHash);
    if (first === undefined || this.#waiting >= WAITING_MAX) return undefined;
    this.#waiting += 1;
    return first.then(() => {
      this.#waiting -= 1;
    });
  }

  /** Registers a request as the first one with its document, unless there is one. Returns a function to call at its end. */
  begin(documentHash: string): () => void {
    if (this.#firsts.has(documentHash)) return () => undefined;
    let end = () => {};
    const first = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#firsts.set(documentHash, first);
    return () => {
      if (this.#firsts.get(documentHash) === first) this.#firsts.delete(documentHash);
      end();
    };
  }
}
