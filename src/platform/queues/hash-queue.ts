import { availableParallelism } from 'node:os';
import { type KeywardError, serviceUnavailable } from '../errors/keyward-error.js';
import { KEY_QUEUE_LIMITS, PASSWORD_QUEUE_LIMITS } from '../limits.js';
import { RecentUse } from './recent-use.js';

const RETRY_AFTER_SECONDS = 5;

const UNKNOWN_SHARE = 2;

/** Limits of a queue. */
export interface HashQueueLimits {
  /** Maximum number of hashes that run at the same time. */
  concurrency: number;
  /** Maximum number of hashes that wait. */
  waitingMax: number;
  waitingPerNetworkMax: number;
  waitingMsMax: number;
  /** Retry-After of a rejected hash. */
  retryAfterSeconds?: number;
  /** While known and unknown hashes wait, one turn in this many goes to an unknown one. */
  unknownShare?: number;
}

/** The origin of a hash, which decides its place in the queue. */
export interface Turn {
  /** Network of the client. The hashes of one network share its turns. */
  network: string;
  /** A group of networks. It decides between networks that used the queue equally. */
  provider?: string;
  /** Whether the hash has priority over those that are not known. */
  known?: boolean;
}

interface Waiting {
  start: () => void;
  reject: (error: unknown) => void;
  timer: NodeJS.Timeout;
}

/** The waiting hashes of one network. */
interface Lane {
  turn: Turn;
  waiting: Waiting[];
}

/** By network, in the order of their arrival or last turn. */
type Lanes = Map<string, Lane>;

/** Returns the limits of the password queue, which leave one core and two threads of libuv's pool free. */
export const passwordQueueLimits = (): HashQueueLimits => ({
  ...PASSWORD_QUEUE_LIMITS,
  concurrency: Math.max(1, Math.min(availableParallelism() - 1, PASSWORD_QUEUE_LIMITS.concurrencyMax)),
});

/**
 * Computes bcrypt hashes with a bound on how many run at the same time and how many wait. The next turn goes to the network
 * that has used the queue least in the recent past. A flood therefore delays a network that uses less than its share by
 * about one hash, even if it comes from many networks. If the queue is full, the newest hash of the network that would be
 * last is rejected.
 */
export class HashQueue {
  readonly #limits: HashQueueLimits;
  readonly #use: RecentUse;
  readonly #known: Lanes = new Map();
  readonly #unknown: Lanes = new Map();
  #running = 0;
  #waiting = 0;
  #contested = 0;
  #closed = false;

  /** @param now monotonic time in milliseconds; only tests pass it */
  constructor(limits: HashQueueLimits = KEY_QUEUE_LIMITS, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#use = new RecentUse(now);
  }

  /** Number of hashes that are running. */
  get running(): number {
    return this.#running;
  }

  /** Number of hashes that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Runs `hash` when it has its turn, and returns its result.
   *
   * @throws {KeywardError} SERVICE_UNAVAILABLE if too many hashes wait, this one waited too long, or the queue is closed
   */
  async run<T>(hash: () => Promise<T>, turn: Turn): Promise<T> {
    if (this.#closed) throw this.#unavailable();
    if (this.#running < this.#limits.concurrency) this.#take(turn);
    else await this.#wait(turn);
    try {
      return await hash();
    } finally {
      this.#running -= 1;
      this.#startNext();
    }
  }

  /** Rejects all waiting and future hashes. Running ones finish. */
  close(): void {
    this.#closed = true;
    for (const lanes of [this.#known, this.#unknown]) {
      for (const lane of [...lanes.values()]) for (const waiting of lane.waiting) this.#reject(lanes, lane, waiting);
    }
  }

  #unavailable(): KeywardError {
    return serviceUnavailable(this.#limits.retryAfterSeconds ?? RETRY_AFTER_SECONDS);
  }

  /** Resolves when the hash has its turn. */
  #wait(turn: Turn): Promise<void> {
    const lanes = turn.known ? this.#known : this.#unknown;
    this.#makeRoom(lanes, turn);
    const lane = lanes.get(turn.network) ?? { turn, waiting: [] };
    lanes.set(turn.network, lane);
    this.#waiting += 1;
    return new Promise((start, reject) => {
      const timer = setTimeout(() => this.#reject(lanes, lane, waiting), this.#limits.waitingMsMax);
      const waiting: Waiting = { start, reject, timer };
      lane.waiting.push(waiting);
    });
  }

  #makeRoom(lanes: Lanes, turn: Turn): void {
    const own = lanes.get(turn.network) ?? { turn, waiting: [] };
    if (own.waiting.length >= this.#limits.waitingPerNetworkMax) throw this.#unavailable();
    if (this.#waiting < this.#limits.waitingMax) return;
    const last = lastOf(this.#unknown, (lane) => this.#rank(lane));
    const isWorse = last && (turn.known || compare(this.#rank(last), this.#rank(own, 1)) > 0);
    const newest = last?.waiting.at(-1);
    if (!newest || !isWorse) throw this.#unavailable();
    this.#reject(this.#unknown, last, newest);
  }

  #startNext(): void {
    while (this.#running < this.#limits.concurrency && this.#waiting > 0) {
      const lanes = this.#nextLanes();
      const lane = firstOf(lanes, ({ turn }) => [this.#use.of(turn.network), this.#use.of(turn.provider)]);
      const [waiting] = lane?.waiting ?? [];
      if (!lane || !waiting) return;
      this.#remove(lanes, lane, waiting);
      // Moves the network to the end, after those that used the queue equally.
      if (lanes.delete(lane.turn.network)) lanes.set(lane.turn.network, lane);
      this.#take(lane.turn);
      waiting.start();
    }
  }

  #nextLanes(): Lanes {
    if (this.#unknown.size === 0) return this.#known;
    if (this.#known.size === 0) return this.#unknown;
    this.#contested += 1;
    return this.#contested % (this.#limits.unknownShare ?? UNKNOWN_SHARE) === 0 ? this.#unknown : this.#known;
  }

  /** Returns when the newest hash of the lane would have its turn: the higher, the later. */
  #rank({ turn, waiting }: Lane, more = 0): Rank {
    return [this.#use.of(turn.network) + waiting.length + more, this.#use.of(turn.provider)];
  }

  #take(turn: Turn): void {
    this.#running += 1;
    this.#use.add(turn.network);
    if (turn.provider !== undefined) this.#use.add(turn.provider);
  }

  #remove(lanes: Lanes, lane: Lane, waiting: Waiting): void {
    clearTimeout(waiting.timer);
    lane.waiting = lane.waiting.filter((other) => other !== waiting);
    if (lane.waiting.length === 0) lanes.delete(lane.turn.network);
    this.#waiting -= 1;
  }

  #reject(lanes: Lanes, lane: Lane, waiting: Waiting): void {
    this.#remove(lanes, lane, waiting);
    waiting.reject(this.#unavailable());
  }
}

type Rank = readonly [network: number, provider: number];

const compare = (one: Rank, other: Rank): number => one[0] - other[0] || one[1] - other[1];

function firstOf(lanes: Lanes, rankOf: (lane: Lane) => Rank): Lane | undefined {
  let first: { lane: Lane; rank: Rank } | undefined;
  for (const lane of lanes.values()) {
    const rank = rankOf(lane);
    if (!first || compare(rank, first.rank) < 0) first = { lane, rank };
  }
  return first?.lane;
}

const lastOf = (lanes: Lanes, rankOf: (lane: Lane) => Rank): Lane | undefined =>
  firstOf(lanes, (lane) => {
    const [network, provider] = rankOf(lane);
    return [-network, -provider];
  });
