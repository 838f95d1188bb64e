import { createHmac, timingSafeEqual } from 'node:crypto';
import { parse, stringify } from 'uuid';
import { badUserInput } from './errors/keyward-error.js';
import type { KeyRing } from './secrets.js';

export const PAGE_ITEMS_MAX = 100;

const TIME_BYTES = 8;
const UUID_BYTES = 16;
const POSITION_BYTES = TIME_BYTES + UUID_BYTES;
/** 128 bits, the minimum for a truncated HMAC-SHA-256 (RFC 2104 §5: half of the output). */
const MAC_BYTES = 16;

/** Position of an item in its list. Lists are sorted by time, newest first, and by id if the times are equal. */
export interface Position {
  at: Date;
  id: string;
}

/** Owner of the lists across all users. */
export const ALL_USERS = 'all';

/** A list of one user, of one key or across all users. A cursor is valid only for the list that it was issued for. */
export interface ListOwner {
  list: 'api-key-history' | 'api-key-events' | 'audit-log' | 'user-api-keys' | 'users' | 'api-keys' | 'webhook-deliveries';
  /** ID of the user, the key or the endpoint, or ALL_USERS. */
  ownerId: string;
}

/** The requested part of a list. */
export interface PageRequest {
  /** Maximum number of items. */
  first: number;
  /** Cursor of the item before the page. Null for the first page. */
  after: string | null;
}

/** A part of a list, in the shape of Relay's connections. */
export interface Page<T> {
  edges: { node: T; cursor: string }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
}

/** What a search found of a list. */
export interface Found<T> {
  items: { node: T; position: Position }[];
  /** The last examined position, if the search stopped there before the end of the list. Null if it found all that it looked for. */
  stoppedAt?: Position | null;
}

/** Returns the items of a list at these positions. @param nodes in the order of the positions; null for a node that was deleted since */
export const itemsAt = <T>(positions: readonly Position[], nodes: readonly (T | null)[]): Found<T>['items'] =>
  positions.flatMap((position, index) => {
    const node = nodes[index];
    return node ? [{ node, position }] : [];
  });

/**
 * Issues and reads cursors: the position of an item and an HMAC-SHA-256 over list, owner and position, as base64url. A
 * position instead of an offset keeps the pages correct while items are added. The MAC prevents a client from requesting a
 * position that it did not receive, or a position in the list of another owner.
 */
export class Cursors {
  readonly #keys: KeyRing;

  constructor(keys: KeyRing) {
    this.#keys = keys;
  }

  /** Returns the cursor of an item. */
  issue(owner: ListOwner, { at, id }: Position): string {
    const position = Buffer.alloc(POSITION_BYTES);
    position.writeBigInt64BE(BigInt(at.getTime()));
    position.set(parse(id), TIME_BYTES);
    return Buffer.concat([position, this.#mac(this.#keys[0], owner, position)]).toString('base64url');
  }

  /** Returns the position in a cursor. Null if the cursor was not issued for this list of this owner. */
  read(owner: ListOwner, cursor: string): Position | null {
    const bytes = Buffer.from(cursor, 'base64url');
    // The decoder ignores invalid characters, so the cursor is compared with the only valid encoding of its bytes.
    if (bytes.length !== POSITION_BYTES + MAC_BYTES || bytes.toString('base64url') !== cursor) return null;
    const position = bytes.subarray(0, POSITION_BYTES);
    const mac = bytes.subarray(POSITION_BYTES);
    if (!this.#keys.some((key) => timingSafeEqual(this.#mac(key, owner, position), mac))) return null;
    return { at: new Date(Number(position.readBigInt64BE())), id: stringify(position.subarray(TIME_BYTES)) };
  }

  /**
   * Returns a page of a list. A page can be short or empty although the list continues, if the search stopped early. The next
   * page then begins where the search stopped.
   *
   * @param find returns at most `limit` items after a position (null: from the beginning), in the order of the list
   * @throws {KeywardError} BAD_USER_INPUT if `first` is not from 1 to 100, or `after` is not a cursor of this list
   */
  async page<T>(
    owner: ListOwner,
    { first, after }: PageRequest,
    find: (after: Position | null, limit: number) => Promise<Found<T>>,
  ): Promise<Page<T>> {
    if (first < 1 || first > PAGE_ITEMS_MAX) throw badUserInput([{ path: 'first', message: `must be from 1 to ${PAGE_ITEMS_MAX}` }]);
    const position = after === null ? null : this.read(owner, after);
    if (after !== null && position === null) throw badUserInput([{ path: 'after', message: 'must be a cursor of this list' }]);
    // One more item than requested shows whether a next page exists.
    const { items, stoppedAt = null } = await find(position, first + 1);
    const edges = items.slice(0, first).map((item) => ({ node: item.node, cursor: this.issue(owner, item.position) }));
    const isFull = items.length > first;
    const endCursor = !isFull && stoppedAt !== null ? this.issue(owner, stoppedAt) : (edges.at(-1)?.cursor ?? null);
    return {
      edges,
      pageInfo: {
        hasNextPage: isFull || stoppedAt !== null,
        // The item of the cursor precedes the page.
        hasPreviousPage: position !== null,
        startCursor: edges[0]?.cursor ?? null,
        endCursor,
      },
    };
  }

  #mac(key: Buffer, { list, ownerId }: ListOwner, position: Buffer): Buffer {
    return createHmac('sha256', key).update(`${list} ${ownerId} `).update(position).digest().subarray(0, MAC_BYTES);
  }
}
