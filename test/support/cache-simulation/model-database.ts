import type { Change, KeyRow, Read, Reply } from '../../../src/verification/cache/protocol.js';

/** A key with the numbers of the changes that last wrote it, its owner and the policy that applies, so that every state is distinguishable. */
export interface ModelRow extends KeyRow {
  readonly version: string;
}

interface ModelKey {
  readonly id: string;
  readonly ownerId: string;
  readonly version: number;
}

interface ModelOwner {
  readonly version: number;
  /** Name of the owner's own policy. Null if the policy named "default" applies, if it exists. */
  readonly policy: string | null;
}

interface ModelPolicy {
  readonly id: string;
  readonly version: number;
}

export interface Tables {
  readonly keys: Map<string, ModelKey>;
  readonly owners: Map<string, ModelOwner>;
  /** By name. */
  readonly policies: Map<string, ModelPolicy>;
}

/** What a row of the table of changes names. */
export type Named = Omit<Change, 'seq' | 'mark'>;

/** What every snapshot taken at one time sees. */
export interface State {
  readonly keys: ReadonlyMap<string, ModelKey>;
  readonly owners: ReadonlyMap<string, ModelOwner>;
  readonly policies: ReadonlyMap<string, ModelPolicy>;
  readonly changes: readonly Change[];
}

/** A transaction: what it does to the tables, and which changes its triggers record. */
export interface Transaction {
  apply(tables: Tables): void;
  readonly changed: readonly Named[];
}

/** Rules of the database that a test can remove. */
export interface DatabaseRules {
  /** Numbers are drawn when the order of the commits is fixed. */
  readonly ordersNumbers: boolean;
  /** Every change is recorded by a trigger. */
  readonly recordsChanges: boolean;
}

/** One server. Commits are the elements of its history. */
export class ModelServer {
  readonly history: State[];
  #nextSeq: number;

  constructor(
    readonly identity: string,
    start: State,
    readonly isStandby = false,
  ) {
    this.history = [start];
    this.#nextSeq = (start.changes.at(-1)?.seq ?? 0) + 1;
  }

  get current(): State {
    const state = this.history.at(-1);
    if (state === undefined) throw new Error('a server has at least one state');
    return state;
  }

  drawNumber(): number {
    const seq = this.#nextSeq;
    this.#nextSeq += 1;
    return seq;
  }

  /** @param numbers drawn before, or none: then they are drawn now */
  commit(transaction: Transaction, numbers: readonly number[], newMark: () => string, rules: DatabaseRules): void {
    const { current } = this;
    const tables = { keys: new Map(current.keys), owners: new Map(current.owners), policies: new Map(current.policies) };
    transaction.apply(tables);
    const changed = rules.recordsChanges ? transaction.changed : [];
    const recorded = changed.map((change, index) => ({ ...change, seq: numbers[index] ?? this.drawNumber(), mark: newMark() }));
    const changes = [...this.current.changes, ...recorded].sort((one, other) => one.seq - other.seq);
    this.history.push({ ...tables, changes });
  }

  /** Removes every change but the newest. */
  prune(): void {
    this.history[this.history.length - 1] = { ...this.current, changes: this.current.changes.slice(-1) };
  }

  /** Loses the newest commits, as a crash does that happens before they are durable. */
  rewind(length: number): void {
    this.history.length = length;
    this.#nextSeq = (this.current.changes.at(-1)?.seq ?? 0) + 1;
  }
}

export function rowOf(state: State, fingerprint: string): ModelRow | null {
  const key = state.keys.get(fingerprint);
  if (key === undefined) return null;
  const owner = state.owners.get(key.ownerId);
  if (owner === undefined) return null;
  const policy = state.policies.get(owner.policy ?? 'default');
  const version = `${key.id} ${key.version}/${owner.version}/${policy?.version}`;
  return { id: key.id, ownerId: key.ownerId, policyId: policy?.id ?? null, version };
}

/** Executes the statement. `rowsFrom` is the snapshot of the rows, which is the same unless a rule is removed. */
export function execute(read: Read, server: ModelServer, snapshot: State, rowsFrom: State, changesMax: number): Reply<ModelRow> {
  const { from } = read;
  const all = snapshot.changes;
  const changes = from === null ? all.slice(-1) : from === 'unfollowed' ? [] : all.filter(({ seq }) => seq >= from.seq);
  const rows = new Map<string, ModelRow>();
  for (const fingerprint of read.missing) {
    const row = rowOf(rowsFrom, fingerprint);
    if (row) rows.set(fingerprint, row);
  }
  const limited = changes.slice(0, changesMax + 1);
  return { isStandby: server.isStandby, identity: limited.length > 0 ? server.identity : null, changes: limited, rows };
}
