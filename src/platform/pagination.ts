import { createHmac, timingSafeEqual } from 'node:crypto';
import { parse, stringify } from 'uuid';
import { badUserInput } from './errors/keyward-error.js';
import type { KeyRing } from './secrets.js';

const PAGE_ITEMS_MAX = 100;

const TIME_BYTES = 8;
const UUID_BYTES = 16;
const POSITION_BYTES = TIME_BYTES + UUID_BYTES;
/** 128 bits: what cuts an HMAC short may leave no less (RFC 2104 §5). */
const MAC_BYTES = 16;

/** Where in a list an item is: lists are sorted by a moment, newest first, and by id where the moments are the same. */
export interface Position {
  at: Date;
  id: string;
}

/** A list of one user's. A cursor is good for the list that it comes from and no other. */
export interface ListOwner {
  list: 'api-key-history' | 'audit-log';
  userId: string;
}

/** Which part of a list is asked for. */
export interface PageRequest {
  /** How many items at most. */
  first: number;
  /** The cursor of the item before the first one; null: from the beginning. */
  after: string | null;
}

/** A part of a list, in the shape of Relay's connections. */
export interface Page<T> {
  edges: { node: T; cursor: string }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/**
 * Cursors: the position of an item with an HMAC-SHA-256 over list, user and position, as base64url. Because they hold the
 * position and not a count, pages stay right whatever is added meanwhile; because of the MAC nobody can ask for positions
 * that they weren't given, or for those of somebody else.
 */
export class Cursors {
  readonly #keys: KeyRing;

  constructor(keys: KeyRing) {
    this.#keys = keys;
  }

  issue(owner: ListOwner, { at, id }: Position): string {
    const position = Buffer.alloc(POSITION_BYTES);
    position.writeBigInt64BE(BigInt(at.getTime()));
    position.set(parse(id), TIME_BYTES);
    return Buffer.concat([position, this.#mac(this.#keys[0], owner, position)]).toString('base64url');
  }

  /** @returns null for anything that we didn't make for this list of this user */
  read(owner: ListOwner, cursor: string): Position | null {
    const bytes = Buffer.from(cursor, 'base64url');
    // The decoder skips what isn't base64url; only the one spelling that we issue may pass.
    if (bytes.length !== POSITION_BYTES + MAC_BYTES || bytes.toString('base64url') !== cursor) return null;
    const position = bytes.subarray(0, POSITION_BYTES);
    const mac = bytes.subarray(POSITION_BYTES);
    if (!this.#keys.some((key) => timingSafeEqual(this.#mac(key, owner, position), mac))) return null;
    return { at: new Date(Number(position.readBigInt64BE())), id: stringify(position.subarray(TIME_BYTES)) };
  }

  /**
   * @param find finds at most so many items behind a position, in the order of the list
   * @throws {KeywardError} BAD_USER_INPUT where `first` isn't from 1 to 100, or `after` is no cursor of this list
   */
  async page<T>(
    owner: ListOwner,
    { first, after }: PageRequest,
    find: (after: Position | null, limit: number) => Promise<{ node: T; position: Position }[]>,
  ): Promise<Page<T>> {
    if (first < 1 || first > PAGE_ITEMS_MAX) throw badUserInput([{ path: 'first', message: `must be from 1 to ${PAGE_ITEMS_MAX}` }]);
    const position = after === null ? null : this.read(owner, after);
    if (after !== null && position === null) throw badUserInput([{ path: 'after', message: 'must be a cursor of this list' }]);
    // One more than is asked for tells whether there is a next page.
    const found = await find(position, first + 1);
    const edges = found.slice(0, first).map((item) => ({ node: item.node, cursor: this.issue(owner, item.position) }));
    return { edges, pageInfo: { hasNextPage: found.length > first, endCursor: edges.at(-1)?.cursor ?? null } };
  }

  #mac(key: Buffer, { list, userId }: ListOwner, position: Buffer): Buffer {
    return createHmac('sha256', key).update(`${list} ${userId} `).update(position).digest().subarray(0, MAC_BYTES);
  }
}
