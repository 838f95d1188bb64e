import { HashQueue, type Turn } from '../../src/platform/queues/hash-queue.js';

/** A hash queue that counts its hashes. A test can delay or observe each hash. */
export class ObservedHashQueue extends HashQueue {
  /** Hashes that were requested, including those that were rejected. */
  requested = 0;
  /** Highest number of hashes that were computed at the same time. */
  concurrentMax = 0;
  /** Called for each request before it is queued. */
  onRequest: () => unknown = () => undefined;
  /** Called after each hash, before its caller gets the result. */
  onResult: () => unknown = () => undefined;
  #computing = 0;

  override async run<T>(hash: () => Promise<T>, turn: Turn): Promise<T> {
    this.requested += 1;
    await this.onRequest();
    const result = await super.run(async () => {
      this.#computing += 1;
      this.concurrentMax = Math.max(this.concurrentMax, this.#computing);
      try {
        return await hash();
      } finally {
        this.#computing -= 1;
      }
    }, turn);
    await this.onResult();
    return result;
  }

  /** Returns the number of hashes that `action` requests. */
  async requestedBy(action: () => Promise<unknown>): Promise<number> {
    const before = this.requested;
    await action();
    return this.requested - before;
  }
}
