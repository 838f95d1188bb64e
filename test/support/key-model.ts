/** An operation in the model test of keys. A key is named by its id. */
export type Operation =
  | { kind: 'create'; expiresInSeconds: number | null; limit: number | null }
  | { kind: 'update'; id: string; enabled: boolean; scopes: string[] }
  | { kind: 'extend'; id: string; expiresInSeconds: number | null }
  /** `expiresInSeconds` is that of the new key. If it is absent, the new key has the expiry of the old key. */
  | { kind: 'rotate'; id: string; graceSeconds: number; expiresInSeconds?: number | null }
  | { kind: 'revoke'; id: string }
  | { kind: 'verify'; id: string; scopes: string[] };

/** The result of an operation: a code (`OK` for a change that succeeded), and the id of the created key, if any. */
export interface Outcome {
  code: string;
  createdId?: string;
}

interface Key {
  expiresAt: number | null;
  enabled: boolean;
  scopes: readonly string[];
  revoked: boolean;
  replacedBy: string | null;
  /** Id of the first key of the lineage. */
  root: string;
  limit: number | null;
}

export const KEYS_MAX = 3;
export const WINDOW_SECONDS = 50;

/**
 * A sequential model of one user's keys, without a database and without locks. A state is immutable: each step returns the
 * next state.
 */
export class KeyModel {
  readonly #keys: ReadonlyMap<string, Key>;
  /** The current rate-limit window, by the root of the lineage. */
  readonly #consumed: ReadonlyMap<string, { count: number; since: number }>;

  constructor(keys: ReadonlyMap<string, Key> = new Map(), consumed: ReadonlyMap<string, { count: number; since: number }> = new Map()) {
    this.#keys = keys;
    this.#consumed = consumed;
  }

  /** @returns the state after the operation; null if the operation cannot have this outcome */
  step(operation: Operation, outcome: Outcome, now: number): KeyModel | null {
    if (operation.kind === 'create') return this.#create(operation, outcome, now);
    const key = this.#keys.get(operation.id);
    if (!key) throw new TypeError('the model has no key with this id');
    if (operation.kind === 'verify') return this.#verify(key, operation.scopes, outcome, now);
    if (operation.kind === 'revoke') return outcome.code === 'OK' ? this.#with(operation.id, { ...key, revoked: true }) : null;
    if (operation.kind === 'rotate') return this.#rotate(operation, key, outcome, now);
    if (!this.#isUsable(key, now) || key.replacedBy !== null) return outcome.code === 'CONFLICT' ? this : null;
    if (outcome.code !== 'OK') return null;
    return operation.kind === 'update'
      ? this.#with(operation.id, { ...key, enabled: operation.enabled, scopes: operation.scopes })
      : this.#with(operation.id, { ...key, expiresAt: timestampAfter(operation.expiresInSeconds, now) });
  }

  /** @returns the status of each key, by id */
  statuses(now: number): Record<string, string> {
    return Object.fromEntries([...this.#keys].map(([id, key]) => [id, this.#status(key, now)]));
  }

  /** @returns a string that is equal for equal states, whatever operations led to them */
  toString(): string {
    return JSON.stringify([[...this.#keys].sort(), [...this.#consumed].sort()]);
  }

  #create(operation: Operation & { kind: 'create' }, outcome: Outcome, now: number): KeyModel | null {
    const counted = [...this.#keys.values()].filter((key) => {
      const successor = key.replacedBy === null ? undefined : this.#keys.get(key.replacedBy);
      return this.#isUsable(key, now) && !(successor && this.#isUsable(successor, now));
    });
    if (counted.length >= KEYS_MAX) return outcome.code === 'API_KEY_LIMIT_REACHED' ? this : null;
    if (outcome.createdId === undefined) return null;
    const expiresAt = timestampAfter(operation.expiresInSeconds, now);
    const root = outcome.createdId;
    return this.#with(root, { expiresAt, enabled: true, scopes: [], revoked: false, replacedBy: null, root, limit: operation.limit });
  }

  #rotate(operation: Operation & { kind: 'rotate' }, key: Key, outcome: Outcome, now: number): KeyModel | null {
    const overlapping = [...this.#keys].find(([, { replacedBy, ...other }]) => replacedBy === operation.id && this.#isUsable(other, now));
    const isRotatable = this.#isUsable(key, now) && key.replacedBy === null && (!overlapping || operation.graceSeconds === 0);
    if (!isRotatable) return outcome.code === 'CONFLICT' ? this : null;
    if (outcome.createdId === undefined) return null;
    const { expiresInSeconds } = operation;
    const successor = { ...key, expiresAt: expiresInSeconds === undefined ? key.expiresAt : timestampAfter(expiresInSeconds, now) };
    const expiresAt = Math.min(key.expiresAt ?? Infinity, now + operation.graceSeconds * 1_000);
    const after = this.#with(outcome.createdId, successor).#with(operation.id, { ...key, expiresAt, replacedBy: outcome.createdId });
    // The newest key becomes the successor of the key in its grace period.
    return overlapping ? after.#with(overlapping[0], { ...overlapping[1], replacedBy: outcome.createdId }) : after;
  }

  #verify(key: Key, scopes: readonly string[], { code }: Outcome, now: number): KeyModel | null {
    const status = this.#status(key, now);
    if (status !== 'ACTIVE' && status !== 'ROTATING') return code === status ? this : null;
    if (!scopes.every((scope) => key.scopes.includes(scope))) return code === 'INSUFFICIENT_SCOPE' ? this : null;
    if (key.limit === null) return code === 'VALID' ? this : null;
    const last = this.#consumed.get(key.root);
    const window = last && last.since + WINDOW_SECONDS * 1_000 > now ? last : { count: 0, since: now };
    if (window.count >= key.limit) return code === 'RATE_LIMITED' ? this : null;
    if (code !== 'VALID') return null;
    return new KeyModel(this.#keys, new Map(this.#consumed).set(key.root, { ...window, count: window.count + 1 }));
  }

  #status(key: Key, now: number): string {
    if (key.revoked) return 'REVOKED';
    if (!this.#isUsable(key, now)) return 'EXPIRED';
    if (!key.enabled) return 'DISABLED';
    return key.replacedBy === null ? 'ACTIVE' : 'ROTATING';
  }

  #isUsable(key: Pick<Key, 'revoked' | 'expiresAt'>, now: number): boolean {
    return !key.revoked && (key.expiresAt === null || key.expiresAt > now);
  }

  #with(id: string, key: Key): KeyModel {
    return new KeyModel(new Map(this.#keys).set(id, key), this.#consumed);
  }
}

const timestampAfter = (seconds: number | null, now: number): number | null => (seconds === null ? null : now + seconds * 1_000);
