/** The possible states of a key. ROTATING: replaced, and valid for several hours more. */
export type KeyStatus = 'VALID' | 'DISABLED' | 'ROTATING' | 'EXPIRED' | 'REVOKED';

/** The state of a key in the database. The name serves as the number of its last change. */
export interface KeyState {
  status: KeyStatus;
  name: string;
}

export type KeyChange =
  | { kind: 'update'; name: string; enabled: boolean }
  | { kind: 'rotate'; gracePeriodSeconds: number }
  | { kind: 'revoke' };

/** Returns the state after a change, or null if the change must be rejected with CONFLICT. */
function stateAfter(state: KeyState, change: KeyChange): KeyState | null {
  if (change.kind === 'revoke') return { ...state, status: 'REVOKED' };
  const isFree = state.status === 'VALID' || state.status === 'DISABLED';
  if (!isFree) return null;
  if (change.kind === 'update') return { status: change.enabled ? 'VALID' : 'DISABLED', name: change.name };
  return { ...state, status: change.gracePeriodSeconds === 0 ? 'EXPIRED' : 'ROTATING' };
}

/** Returns the outcome of a verification of a key in this state. */
const codeOf = ({ status }: KeyState): string => (status === 'ROTATING' ? 'VALID' : status);

const isUsable = ({ status }: KeyState): boolean => status !== 'EXPIRED' && status !== 'REVOKED';

const unique = (states: readonly KeyState[]): KeyState[] => [
  ...new Map(states.map((state) => [`${state.status} ${state.name}`, state])).values(),
];

/** One change of a key, from the time it is sent. Without an outcome it may have been applied, or can still be applied. */
export interface PendingChange {
  /** Records an acknowledgement. Returns false if the known state makes it impossible. */
  acknowledge(): boolean;
  /** Records a rejection with CONFLICT. Returns false if the change should have been accepted. */
  refuse(): boolean;
}

/**
 * The states that one key can have in the database at present. Its changes are sent one after another. A change without a clear
 * response leaves both states possible until a later change is acknowledged: every change first locks the user’s row, so an
 * earlier change cannot still be running then.
 */
export class KnownKey {
  readonly id: string;
  /** Null if the response to the create request was lost. */
  readonly plaintextKey: string | null;
  /** The successor from an acknowledged rotation. */
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

  /** Collects the outcomes that are possible for a verification that starts now, until `end` is called after it. */
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
