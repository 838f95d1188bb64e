import { LRUCache } from 'lru-cache';
import { serviceUnavailable } from '../platform/errors.js';
import { wideNetworkOf } from '../platform/wide-network.js';

/** Together with the queries before and after, a verification ends within the 5 s that every request has. */
const WAIT_MS_MAX = 2_500;

const WAITING_MAX = 256;

/** Waiting comparisons of one key for one block of addresses, such as a backend that sends no address of its clients. */
const WAITING_MAX_PER_KEY_AND_BLOCK = 8;

/** How long, and for how many blocks, wrong secrets are remembered. */
const FAILURES = { max: 10_000, ttl: 600_000 };

const RETRY_AFTER_SECONDS = 1;

interface Waiting {
  keyId: string;
  block: string;
  start(): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

/** The /24 (IPv6: the /48) of an address: what one attacker easily has many addresses of. */
const blockOf = (address: string | null): string => wideNetworkOf(address ?? '', { ipv4: 24, ipv6: 48 });

/**
 * Runs bcrypt comparisons one at a time. Next is the one whose block of addresses presented the fewest wrong secrets lately,
 * and of those the oldest: who guesses waits behind everybody who does not.
 */
export class ComparisonQueue {
  readonly #waiting: Waiting[] = [];
  readonly #failures = new LRUCache<string, number>(FAILURES);
  #isBusy = false;
  #isClosed = false;

  /**
   * @param address of the client; null if unknown
   * @param compare returns whether the secret is right
   * @throws {KeywardError} SERVICE_UNAVAILABLE if too many wait, or this one waited for too long
   */
  async run(keyId: string, address: string | null, compare: () => Promise<boolean>): Promise<boolean> {
    const block = blockOf(address);
    await this.#turn(keyId, block);
    try {
      const isRight = await compare();
      if (!isRight) this.#failures.set(block, this.#failuresOf(block) + 1);
      return isRight;
    } finally {
      this.#isBusy = false;
      this.#startNext();
    }
  }

  /** Rejects the comparisons that wait, and those that come. */
  close(): void {
    this.#isClosed = true;
    for (const entry of [...this.#waiting]) this.#drop(entry);
  }

  #failuresOf(block: string): number {
    return this.#failures.get(block) ?? 0;
  }

  async #turn(keyId: string, block: string): Promise<void> {
    if (this.#isClosed) throw serviceUnavailable(RETRY_AFTER_SECONDS);
    if (!this.#isBusy) {
      this.#isBusy = true;
      return;
    }
    const ofSame = this.#waiting.filter((one) => one.keyId === keyId && one.block === block);
    if (ofSame.length >= WAITING_MAX_PER_KEY_AND_BLOCK) throw serviceUnavailable(RETRY_AFTER_SECONDS);
    if (this.#waiting.length >= WAITING_MAX) this.#dropWorst(block);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => this.#drop(entry), WAIT_MS_MAX);
      const entry: Waiting = { keyId, block, start: resolve, reject, timer };
      this.#waiting.push(entry);
    });
  }

  /** Makes room for a block by dropping the newest of the block with the most failures, unless that is the block itself. */
  #dropWorst(block: string): void {
    const worst = this.#waiting.reduce((one, other) => (this.#failuresOf(other.block) >= this.#failuresOf(one.block) ? other : one));
    if (this.#failuresOf(worst.block) <= this.#failuresOf(block)) throw serviceUnavailable(RETRY_AFTER_SECONDS);
    this.#drop(worst);
  }

  #startNext(): void {
    const [first, ...others] = this.#waiting;
    if (!first) return;
    const next = others.reduce((best, one) => (this.#failuresOf(one.block) < this.#failuresOf(best.block) ? one : best), first);
    this.#remove(next);
    this.#isBusy = true;
    next.start();
  }

  #drop(entry: Waiting): void {
    this.#remove(entry);
    entry.reject(serviceUnavailable(RETRY_AFTER_SECONDS));
  }

  #remove(entry: Waiting): void {
    clearTimeout(entry.timer);
    this.#waiting.splice(this.#waiting.indexOf(entry), 1);
  }
}
