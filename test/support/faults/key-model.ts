/** What can become of a key. ROTATING: replaced, and still good for hours. */
export type KeyStatus = 'VALID' | 'DISABLED' | 'ROTATING' | 'EXPIRED' | 'REVOKED';

/** Of a key, as the database has it. The name serves as the number of its last change. */
export interface KeyState {
  status: KeyStatus;
  name: string;
}

export type KeyChange =
  | { kind: 'update'; name: string; enabled: boolean }
  | { kind: 'rotate'; gracePeriodSeconds: number }
  | { kind: 'revoke' };

/** @returns the state that a change leads to; null where it must be refused with CONFLICT */
export function stateAfter(state: KeyState, change: KeyChange): KeyState | null {
  if (change.kind === 'revoke') return { ...state, status: 'REVOKED' };
  const isFree = state.status === 'VALID' || state.status === 'DISABLED';
  if (!isFree) return null;
  if (change.kind === 'update') return { status: change.enabled ? 'VALID' : 'DISABLED', name: change.name };
  return { ...state, status: change.gracePeriodSeconds === 0 ? 'EXPIRED' : 'ROTATING' };
}

/** @returns what verification must say of a key in this state */
const codeOf = ({ status }: KeyState): string => (status === 'ROTATING' ? 'VALID' : status);

const isUsable = ({ status }: KeyState): boolean => status !== 'EXPIRED' && status !== 'REVOKED';

const unique = (states: readonly KeyState[]): KeyState[] => [
  ...new Map(states.map((state) => [`${state.status} ${state.name}`, state])).values(),
];

/** One change of a key, from when it is sent. Without an outcome it may have happened or not, or may still happen. */
export interface PendingChange {
  /** @returns false where it can't have been acknowledged, as the key was */
  acknowledge(): boolean;
  /** It was refused with CONFLICT. @returns false where it must not have been */
  refuse(): boolean;
}

/**
 * What is known of one key: all the states in which it can be in the database at this moment. Its changes are sent one after
 * another. One that got no clear answer leaves both states possible until a later one is acknowledged: all of them lock the
 * user's row first, so none that was sent before can still be going on then.
 */
export class KnownKey {
  readonly id: string;
  /** Null: it was made by a request whose answer was lost. */
  readonly plaintextKey: string | null;
  /** What took over from it in a rotation that was acknowledged. */
  successor: KnownKey | null = null;
  readonly updates = { acknowledged: 0, sent: 0 };
  #possible: readonly KeyState[];
  readonly #watches = new Set<Set<string>>();

  constructor(id: string, plaintextKey: string | null, possible: readonly KeyState[]) {
    this.id = id;
    this.plaintextKey = plaintextKey;
    this.#possible = possible;
  }

  get possible(): readonly KeyState[] {
    return this.#possible;
  }

  get mayBeUsable(): boolean {
    return this.#possible.some(isUsable);
  }

  get mustBeUsable(): boolean {
    return this.#possible.every(isUsable);
  }

  /** What a verification may say that begins now: ask when it has ended. */
  watch(): { end(): ReadonlySet<string> } {
    const codes = new Set(this.#possible.map(codeOf));
    this.#watches.add(codes);
    return {
      end: () => {
        this.#watches.delete(codes);
        return codes;
      },
    };
  }

  begin(change: KeyChange): PendingChange {
    const before = this.#possible;
    const after = unique(before.flatMap((state) => stateAfter(state, change) ?? []));
    this.#set(unique([...before, ...after]));
    if (change.kind === 'update') this.updates.sent += 1;
    return {
      acknowledge: () => {
        if (change.kind === 'update') this.updates.acknowledged += 1;
        if (after.length > 0) this.#set(after);
        return after.length > 0;
      },
      refuse: () => {
        const unchanged = before.filter((state) => stateAfter(state, change) === null);
        if (unchanged.length > 0) this.#set(unchanged);
        return unchanged.length > 0;
      },
    };
  }

  #set(possible: readonly KeyState[]): void {
    this.#possible = possible;
    for (const codes of this.#watches) for (const state of possible) codes.add(codeOf(state));
  }
}
