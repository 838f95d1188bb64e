/**
 * The messages between the validated cache and the database. The protocol is ReadIndex of Raft with PostgreSQL as the leader:
 * a read of the log's end that was sent after a request arrived confirms everything that was committed before (D. Ongaro,
 * Consensus: Bridging Theory and Practice, 2014, §6.4).
 */

/** Each connection carries one read at a time: `changes` for cached keys, `rows` for keys that have to be read. */
export type Lane = 'changes' | 'rows';

export const LANES: readonly Lane[] = ['changes', 'rows'];

/** A row of `verification_changes`. The mark distinguishes it from a row with the same number in a restored database. */
export interface Position {
  readonly seq: number;
  readonly mark: string;
}

/** What a change affects, by ID. A change that names nothing affects everything. */
export interface Change extends Position {
  readonly keyId: string | null;
  readonly ownerId: string | null;
  readonly policyId: string | null;
}

/** What one statement has to read, in one snapshot. */
export interface Read {
  readonly lane: Lane;
  /** Changes are read from this one, itself included. Null: the newest change alone. `unfollowed`: no changes. */
  readonly from: Position | null | 'unfollowed';
  /** Fingerprints of the keys and, with their mark, of the service tokens to read. */
  readonly missing: readonly string[];
}

/** What the lookup reads of a key. */
export interface KeyRow {
  readonly id: string;
  readonly ownerId: string;
  /** The policy that applies to the owner: the owner's own, or the policy named `default`. Null if there is neither. */
  readonly policyId: string | null;
  /** Whether it is given to the verifications of its read alone, and not kept. */
  readonly isTransient?: boolean;
}

/** What the statement read. */
export interface Reply<Row extends KeyRow> {
  /** A server in recovery may lag behind its primary. */
  readonly isStandby: boolean;
  /** The server's start and the table of changes. Null if no change was found. */
  readonly identity: string | null;
  /** In the order of their numbers, at most one more than `CHANGES_PER_READ_MAX`. */
  readonly changes: readonly Change[];
  /** By fingerprint. A key that does not exist has no row. */
  readonly rows: ReadonlyMap<string, Row>;
}

/** Why a verification has no answer: too many wait, it waited too long, its read failed, or the server is a standby. */
export class Unavailable {
  constructor(
    readonly reason: 'too many' | 'too late' | 'no connection' | 'standby',
    readonly cause?: Error,
  ) {}
}

/** Receives the answer of one verification once. Null: no key has the fingerprint. */
export type Callback<Value> = (answer: Value | null | Unavailable) => void;
