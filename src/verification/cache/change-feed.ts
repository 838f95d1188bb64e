import type { Change, KeyRow, Position, Read, Reply } from './protocol.js';

/** What a read knew when it was sent. */
export interface Ticket {
  readonly epoch: number;
  readonly from: Read['from'];
}

/** The changes of a reply that are new. `outdated`: the reply says nothing about the cache. `lost`: the cache is not valid. */
export type Followed = readonly Change[] | 'outdated' | 'lost';

/**
 * The position up to which the cache reflects all changes, and the server that it belongs to. The cache at position n equals
 * what the lookup reads in every snapshot with n as its newest change.
 */
export class ChangeFeed {
  #position: Position | null = null;
  #identity: string | null = null;
  /** Counts the times that the position was lost or found anew. A read sent in another epoch is not comparable. */
  #epoch = 0;

  constructor(protected readonly changesPerReadMax: number) {}

  get position(): Position | null {
    return this.#position;
  }

  ticket(isFollowed: boolean): Ticket {
    return { epoch: this.#epoch, from: isFollowed ? this.#position : 'unfollowed' };
  }

  /** Forgets the position. The next read finds the newest change. */
  reset(): void {
    this.#position = null;
    this.#identity = null;
    this.#epoch += 1;
  }

  /** Moves to the position of the reply. */
  follow(ticket: Ticket, reply: Reply<KeyRow>): Followed {
    if (ticket.from === 'unfollowed' || !this.isCurrent(ticket)) return 'outdated';
    if (ticket.from === null) return this.#start(reply);
    if (!this.isContinued(ticket.from, reply)) return 'lost';
    const { seq } = this.#position ?? ticket.from;
    const changes = reply.changes.filter((change) => change.seq > seq);
    this.#position = changes.at(-1) ?? this.#position;
    return changes;
  }

  /** Returns whether the rows of a reply show the state at the position. Changes after an older snapshot were followed already. */
  isAtPosition(reply: Reply<KeyRow>): boolean {
    const last = reply.changes.at(-1);
    return last !== undefined && last.seq === this.#position?.seq && last.mark === this.#position.mark;
  }

  protected isCurrent(ticket: Ticket): boolean {
    return ticket.epoch === this.#epoch;
  }

  /** Returns whether the same server still has the change that was sent as the position, and sent every change after it. */
  protected isContinued(from: Position, { changes, identity }: Reply<KeyRow>): boolean {
    const first = changes[0];
    return this.isSameServer(identity) && first?.seq === from.seq && first.mark === from.mark && changes.length <= this.changesPerReadMax;
  }

  protected isSameServer(identity: string | null): boolean {
    return identity === this.#identity;
  }

  #start({ changes, identity }: Reply<KeyRow>): Followed {
    const last = changes.at(-1);
    if (last === undefined) return 'lost';
    this.#epoch += 1;
    this.#position = last;
    this.#identity = identity;
    return [];
  }
}
