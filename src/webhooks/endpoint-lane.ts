import { WEBHOOK_LIMITS } from '../platform/limits.js';
import type { DuePosition } from './sending.queries.js';

const BEGINNING: DuePosition = { at: new Date(0), position: '0' };

/**
 * The deliveries of one endpoint in this process. The endpoint begins with few at the same time, gets one more with each success, and returns to
 * few with each failure, so that receivers that hang take little of what all share.
 */
export class EndpointLane {
  #allowance: number = WEBHOOK_LIMITS.sendingPerFailingEndpoint;
  #sending = 0;
  /** Where the next claim begins. */
  after: DuePosition = BEGINNING;
  /** Whether the secret of the endpoint could not be decrypted at the last claim. */
  secretIsLost = false;

  get sending(): number {
    return this.#sending;
  }

  /** Deliveries to claim now. 0 while more than half of the allowance is in use, so that a claim has several rows. */
  get free(): number {
    const free = this.#allowance - this.#sending;
    return free * 2 >= this.#allowance ? free : 0;
  }

  begin(): void {
    this.#sending += 1;
  }

  /** @param succeeded null if the attempt was cancelled */
  end(succeeded: boolean | null): void {
    this.#sending -= 1;
    if (succeeded === true) this.#allowance = Math.min(this.#allowance + 1, WEBHOOK_LIMITS.sendingPerEndpointMax);
    if (succeeded === false) this.#allowance = WEBHOOK_LIMITS.sendingPerFailingEndpoint;
  }

  /** The next claim begins at the first delivery again. */
  rewind(): void {
    this.after = BEGINNING;
  }
}
