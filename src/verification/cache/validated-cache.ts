import { VERIFICATION_CACHE_LIMITS } from '../../platform/limits.js';
import { ChangeFeed, type Ticket } from './change-feed.js';
import { Entries } from './entries.js';
import { Lanes } from './lanes.js';
import { type Callback, type KeyRow, type Lane, type Read, type Reply, Unavailable } from './protocol.js';
import { settle, type Verification, Waiting } from './waiting.js';

export interface ValidatedCacheOptions<Row extends KeyRow, Value> {
  /** Sends a read for a number of verifications. Its reply is passed to `answer`, or its connection is reported as lost. */
  send(read: Read, verifications: number): void;
  /** Returns what is kept of a row and given to verifications. */
  install(row: Row): Value;
  entries: Entries<Value>;
  feed?: ChangeFeed;
}

/**
 * Answers verifications from memory after one read of the changes that was sent when they had arrived. Without I/O, clock and
 * promises: the caller passes events, and calls `flush` at the end of a turn of the event loop. Callbacks must not throw.
 *
 * A change that was acknowledged before a verification arrived is visible to the snapshot of a read that is sent after it
 * arrived. Its number is thus at most the position at which the verification is judged, whatever the timing.
 */
export class ValidatedCache<Row extends KeyRow, Value extends object | string> {
  readonly #options: ValidatedCacheOptions<Row, Value>;
  readonly #entries: Entries<Value>;
  readonly #feed: ChangeFeed;
  readonly #waiting = new Waiting<Value>();
  readonly #lanes = new Lanes<Value>();
  #isTrusted = false;
  /** Verifications answered from an entry and from a row, reads, and the times that the cache was emptied. */
  readonly counts = { hits: 0, misses: 0, reads: 0, resets: 0 };

  constructor(options: ValidatedCacheOptions<Row, Value>) {
    this.#options = options;
    this.#entries = options.entries;
    this.#feed = options.feed ?? new ChangeFeed(VERIFICATION_CACHE_LIMITS.changesPerReadMax);
  }

  get size(): number {
    return this.#entries.size;
  }

  get waiting(): number {
    return this.#waiting.hits + this.#waiting.misses;
  }

  get isTrusted(): boolean {
    return this.#isTrusted;
  }

  /** Whether a verification waits or its read is in flight. */
  get isBusy(): boolean {
    return this.waiting > 0 || this.#lanes.isBusy;
  }

  /** Returns whether the key is cached. */
  has(fingerprint: string): boolean {
    return this.#entries.has(fingerprint);
  }

  /** Adds a verification to the waiting batch. */
  ask(fingerprint: string, deadline: number, callback: Callback<Value>): void {
    const verification = { fingerprint, deadline, callback };
    if (this.waiting >= VERIFICATION_CACHE_LIMITS.waitingMax) settle(verification, new Unavailable('too many'));
    else this.#wait(verification);
  }

  /** Sends what waits on each idle connection. */
  flush(): void {
    const waiting = this.#waiting;
    if (this.#lanes.isIdle('changes') && waiting.hits > 0) this.#send('changes', waiting.takeHits(), new Set());
    // Without the connection for changes, cached keys are not kept from an answer.
    const mayJoin = !this.#lanes.has('changes') && waiting.hits > 0;
    if (!this.#lanes.isIdle('rows') || (waiting.misses === 0 && !mayJoin)) return;
    const hits = mayJoin ? waiting.takeHits() : [];
    const missing = new Set<string>();
    const misses = waiting.takeMisses(missing, VERIFICATION_CACHE_LIMITS.rowsPerReadMax, (fingerprint) => this.#entries.has(fingerprint));
    this.#send('rows', [...hits, ...misses], missing);
  }

  /** Follows the changes of a reply, and answers its batch. */
  answer(lane: Lane, reply: Reply<Row>): void {
    const sent = this.#lanes.take(lane);
    if (sent === undefined) return;
    if (!this.mayAnswer(reply)) {
      for (const verification of sent.batch) settle(verification, new Unavailable('standby'));
      return;
    }
    const isFollowed = this.#follow(sent.ticket, reply);
    const values = this.#valuesOf(reply, isFollowed && this.mayInstall(reply));
    for (const verification of sent.batch) {
      const { fingerprint } = verification;
      const wasRead = sent.missing.has(fingerprint);
      const cached = isFollowed ? this.#entries.get(fingerprint) : undefined;
      const answer = cached ?? this.judge(wasRead, values.get(fingerprint));
      if (answer === undefined) {
        this.#wait(verification);
        continue;
      }
      if (wasRead) this.counts.misses += 1;
      else this.counts.hits += 1;
      settle(verification, answer);
    }
  }

  connected(lane: Lane): void {
    this.#lanes.connect(lane);
  }

  /** A connection failed: its batch has no answer. The cache remains, because the next reply shows whether it is still valid. */
  lost(lane: Lane, cause?: Error): void {
    for (const verification of this.#lanes.disconnect(lane)?.batch ?? []) settle(verification, new Unavailable('no connection', cause));
  }

  /** No connection could be opened: if there is no other one, what waits has no answer. */
  unreachable(cause?: Error): void {
    if (this.#lanes.isConnected) return;
    for (const verification of this.#waiting.takeAll()) settle(verification, new Unavailable('no connection', cause));
  }

  /** Answers the verifications that waited too long, also those of reads in flight. */
  expire(now: number): void {
    const late = [...this.#waiting.all(), ...this.#lanes.waiting()].filter(({ deadline }) => deadline <= now);
    for (const verification of late) settle(verification, new Unavailable('too late'));
    this.#waiting.removeAnswered();
  }

  /** Sets whether every change is reported. If not, as at the start, nothing is cached, and each verification reads its row. */
  trust(isTrusted: boolean): void {
    if (this.#isTrusted === isTrusted) return;
    this.#isTrusted = isTrusted;
    this.reset();
  }

  /** Empties the cache. */
  reset(): void {
    if (this.#feed.position !== null) this.counts.resets += 1;
    this.#entries.clear();
    this.#feed.reset();
    this.#waiting.missAll();
  }

  /** A standby may lack changes that were acknowledged. */
  protected mayAnswer(reply: Reply<Row>): boolean {
    return !reply.isStandby;
  }

  /** Rows of an older snapshot may lack changes that were followed: their entries were dropped already. */
  protected mayInstall(reply: Reply<Row>): boolean {
    return this.#feed.isAtPosition(reply);
  }

  /** Returns the answer without an entry. Undefined if the row was not read: the entry was dropped while its verification waited. */
  protected judge(wasRead: boolean, value: Value | undefined): Value | null | undefined {
    return wasRead ? (value ?? null) : undefined;
  }

  /** Returns whether the entries reflect everything that the reply's snapshot shows. */
  #follow(ticket: Ticket, reply: Reply<Row>): boolean {
    const changes = this.#feed.follow(ticket, reply);
    if (changes === 'lost') this.reset();
    if (typeof changes === 'string') return false;
    for (const change of changes) this.#entries.drop(change);
    return true;
  }

  #valuesOf({ rows }: Reply<Row>, isInstalled: boolean): Map<string, Value> {
    const values = new Map<string, Value>();
    for (const [fingerprint, row] of rows) {
      const value = this.#options.install(row);
      values.set(fingerprint, value);
      if (isInstalled && row.isTransient !== true) this.#entries.install(fingerprint, row, value);
    }
    return values;
  }

  #send(lane: Lane, batch: Verification<Value>[], missing: ReadonlySet<string>): void {
    this.counts.reads += 1;
    const ticket = this.#feed.ticket(this.#isTrusted);
    this.#lanes.put(lane, { batch, missing, ticket });
    this.#options.send({ lane, from: ticket.from, missing: [...missing] }, batch.length);
  }

  #wait(verification: Verification<Value>): void {
    if (verification.callback !== null) this.#waiting.add(verification, this.#entries.has(verification.fingerprint));
  }
}
