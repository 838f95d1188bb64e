import { ChangeFeed } from '../../../src/verification/cache/change-feed.js';
import { Entries } from '../../../src/verification/cache/entries.js';
import { LANES, type Lane, type Read, type Reply, Unavailable } from '../../../src/verification/cache/protocol.js';
import { ValidatedCache, type ValidatedCacheOptions } from '../../../src/verification/cache/validated-cache.js';
import { Random } from '../faults/random.js';
import {
  type DatabaseRules,
  execute,
  type ModelRow,
  ModelServer,
  type Named,
  rowOf,
  type State,
  type Tables,
  type Transaction,
} from './model-database.js';

/** The parts of the protocol. A test replaces one of them by a version without one rule. */
export interface Protocol extends DatabaseRules {
  /** A read sees a snapshot that is taken after it was sent. */
  readonly readsAfterSending: boolean;
  /** Changes and rows are read from one snapshot. */
  readonly readsOneSnapshot: boolean;
  /** The cache is not used while changes are not recorded. */
  readonly checksTriggers: boolean;
  newFeed(changesMax: number): ChangeFeed;
  newEntries(entriesMax: number): Entries<string>;
  newCache(options: ValidatedCacheOptions<ModelRow, string>): ValidatedCache<ModelRow, string>;
}

export const PROTOCOL: Protocol = {
  ordersNumbers: true,
  recordsChanges: true,
  readsAfterSending: true,
  readsOneSnapshot: true,
  checksTriggers: true,
  newFeed: (changesMax) => new ChangeFeed(changesMax),
  newEntries: (entriesMax) => new Entries(entriesMax),
  newCache: (options) => new ValidatedCache(options),
};

const CHANGES_MAX = 3;
const ENTRIES_MAX = 3;
const KEYS = ['a', 'b', 'c', 'd'];
const OWNERS = ['o', 'p'];
/** The first one applies to owners without a policy of their own. */
const POLICIES = ['default', 'q'];
const NOTHING: Named = { keyId: null, ownerId: null, policyId: null };
const STEPS = 120;
const DEADLINE_STEPS = 60;

interface InFlight {
  read: Read;
  server: ModelServer;
  /** The state at which the read was sent. */
  sentAt: State;
  earlier: State;
  reply: Reply<ModelRow> | null;
}

interface Asked {
  fingerprint: string;
  deadline: number;
  /** Every answer that shows the state at the arrival or a later one. */
  acceptable: Set<string>;
  answers: number;
}

/** One run: a cache, its connections, writers and verifications in an order that the seed determines. */
export class Simulation {
  readonly #random: Random;
  readonly #protocol: Protocol;
  readonly #cache: ValidatedCache<ModelRow, string>;
  readonly #connections = new Map<Lane, { server: ModelServer; inFlight: InFlight | null }>();
  readonly #asked: Asked[] = [];
  #primary: ModelServer;
  /** The index of the newest acknowledged commit in the primary's history. */
  #acknowledged = 0;
  readonly #pending: { transaction: Transaction; numbers: number[] }[] = [];
  #isRecording = true;
  #counter = 0;
  #step = 0;
  /** What contradicts the promise. */
  readonly problems: string[] = [];

  constructor(seed: number, protocol: Protocol) {
    this.#random = new Random(seed);
    this.#protocol = protocol;
    const keys = KEYS.slice(1).map((name, index) => [name, { id: `${name}0`, ownerId: OWNERS[index % 2] ?? '', version: 0 }] as const);
    const changes = [{ seq: 1, mark: this.#newMark(), ...NOTHING }];
    const owners = OWNERS.map((id) => [id, { version: 0, policy: null }] as const);
    const start = { keys: new Map(keys), owners: new Map(owners), policies: new Map([['q', { id: 'q0', version: 0 }]]), changes };
    this.#primary = new ModelServer('s0', start);
    this.#cache = protocol.newCache({
      send: (read) => this.#send(read),
      install: (row) => row.version,
      entries: protocol.newEntries(ENTRIES_MAX),
      feed: protocol.newFeed(CHANGES_MAX),
    });
    this.#cache.trust(true);
  }

  run(): void {
    for (const lane of LANES) this.#connect(lane);
    for (; this.#step < STEPS && this.problems.length === 0; this.#step += 1) this.#act();
    this.#finish();
  }

  #act(): void {
    const random = this.#random;
    const lane = random.pick(LANES);
    const choice = random.next();
    if (choice < 0.24) this.#arrive(random.pick(KEYS));
    else if (choice < 0.4) this.#cache.flush();
    else if (choice < 0.58) this.#execute(lane);
    else if (choice < 0.74) this.#deliver(lane);
    else if (choice < 0.81) this.#begin();
    else if (choice < 0.88) this.#commit();
    else if (choice < 0.92) this.#acknowledged = this.#primary.history.length - 1;
    else if (choice < 0.98) this.#connect(lane);
    else if (choice < 0.985) this.#lose(lane);
    else this.#disturb();
  }

  #disturb(): void {
    const choice = this.#random.next();
    if (choice < 0.3) this.#primary.prune();
    else if (choice < 0.5) this.#replacePrimary();
    else if (choice < 0.65) this.#crash();
    else if (choice < 0.9) this.#toggleTriggers();
    else this.#cache.expire(this.#step);
  }

  #newMark(): string {
    this.#counter += 1;
    return `m${this.#counter}`;
  }

  #arrive(fingerprint: string): void {
    const since = this.#primary.history.slice(this.#acknowledged);
    const acceptable = new Set(since.map((state) => rowOf(state, fingerprint)?.version ?? 'null'));
    const asked: Asked = { fingerprint, deadline: this.#step + DEADLINE_STEPS, acceptable, answers: 0 };
    this.#asked.push(asked);
    this.#cache.ask(fingerprint, asked.deadline, (answer) => {
      asked.answers += 1;
      if (answer instanceof Unavailable) {
        if (answer.reason === 'too late' && this.#step < asked.deadline) this.problems.push('was given up before its deadline');
      } else if (!asked.acceptable.has(answer ?? 'null')) {
        this.problems.push(`${fingerprint} was answered ${answer}, and not ${[...asked.acceptable].join(' or ')}`);
      }
    });
  }

  /** Every waiting verification may show what has become visible meanwhile. */
  #accept(): void {
    for (const { fingerprint, acceptable, answers } of this.#asked) {
      if (answers === 0) acceptable.add(rowOf(this.#primary.current, fingerprint)?.version ?? 'null');
    }
  }

  #send(read: Read): void {
    const connection = this.#connections.get(read.lane);
    if (connection === undefined || connection.inFlight !== null) throw new Error(`sent on a connection that is not idle: ${read.lane}`);
    const { server } = connection;
    connection.inFlight = { read, server, sentAt: server.current, earlier: server.history.at(-2) ?? server.current, reply: null };
  }

  #execute(lane: Lane): void {
    const inFlight = this.#connections.get(lane)?.inFlight;
    if (!inFlight || inFlight.reply !== null) return;
    const { read, server, sentAt, earlier } = inFlight;
    const { readsAfterSending, readsOneSnapshot } = this.#protocol;
    const snapshot = readsAfterSending ? server.current : earlier;
    inFlight.reply = execute(read, server, snapshot, readsOneSnapshot ? snapshot : sentAt, CHANGES_MAX);
  }

  #deliver(lane: Lane): void {
    const connection = this.#connections.get(lane);
    const reply = connection?.inFlight?.reply;
    if (!connection || !reply) return;
    connection.inFlight = null;
    this.#cache.answer(lane, reply);
    if (reply.isStandby) this.#lose(lane);
  }

  #connect(lane: Lane): void {
    if (this.#connections.has(lane)) return;
    if (this.#random.chance(0.1)) this.#cache.unreachable();
    const { history, identity } = this.#primary;
    // A standby that lags behind, as after a name that resolves to every server.
    const isStandby = this.#random.chance(0.1);
    const server = isStandby
      ? new ModelServer(identity, history[Math.max(0, history.length - 3)] ?? this.#primary.current, true)
      : this.#primary;
    this.#connections.set(lane, { server, inFlight: null });
    this.#checkTriggers();
    this.#cache.connected(lane);
  }

  #lose(lane: Lane): void {
    if (this.#connections.delete(lane)) this.#cache.lost(lane);
  }

  #begin(): void {
    const transaction = this.#newTransaction();
    // Without the rule the numbers are drawn now, and the commits may have another order.
    const numbers = this.#protocol.ordersNumbers ? [] : transaction.changed.map(() => this.#primary.drawNumber());
    this.#pending.push({ transaction, numbers });
  }

  #commit(): void {
    const [pending] = this.#pending.splice(Math.floor(this.#random.next() * this.#pending.length), 1);
    if (pending === undefined) return;
    const rules = { ...this.#protocol, recordsChanges: this.#isRecording };
    this.#primary.commit(pending.transaction, pending.numbers, () => this.#newMark(), rules);
    this.#accept();
  }

  #newTransaction(): Transaction {
    const random = this.#random;
    this.#counter += 1;
    const version = this.#counter;
    const choice = random.next();
    if (choice < 0.4) return this.#changeKey(version);
    if (choice < 0.55) return changeOwner(random.pick(OWNERS), version, random.pick([null, 'q']));
    if (choice < 0.75) return this.#changePolicy(random.pick(POLICIES), version);
    if (choice < 0.85) return { changed: [NOTHING], apply: ({ keys }) => changeKeys(keys, version) };
    if (choice < 0.93) return this.#changeMuch(version);
    return { changed: [{ ...NOTHING, keyId: `unknown${version}` }], apply: () => undefined };
  }

  #changeKey(version: number): Transaction {
    const name = this.#random.pick(KEYS);
    const ownerId = this.#random.pick(OWNERS);
    const current = this.#primary.current.keys.get(name);
    // The fingerprint of a deleted key may be imported again. Inserts are not recorded.
    const insert = ({ keys }: Tables) => void (keys.has(name) || keys.set(name, { id: `${name}${version}`, ownerId, version }));
    if (current === undefined || this.#random.chance(0.25)) return { changed: [], apply: insert };
    const isDeletion = this.#random.chance(0.3);
    return {
      changed: [{ ...NOTHING, keyId: current.id }],
      apply: ({ keys }) => {
        if (keys.get(name)?.id !== current.id) return;
        if (isDeletion) keys.delete(name);
        else keys.set(name, { ...current, version });
      },
    };
  }

  /** Changes, deletes or inserts a policy. An insert is recorded only for the policy named "default", as a change of everything. */
  #changePolicy(name: string, version: number): Transaction {
    const current = this.#primary.current.policies.get(name);
    if (current === undefined) {
      const id = `${name}${version}`;
      return { changed: [NOTHING], apply: ({ policies }) => void (policies.has(name) || policies.set(name, { id, version })) };
    }
    // A policy that owners have cannot be deleted.
    const isDeletion = name === 'default' && this.#random.chance(0.5);
    return {
      changed: [{ ...NOTHING, policyId: current.id }],
      apply: ({ policies }) => {
        if (policies.get(name)?.id !== current.id) return;
        if (isDeletion) policies.delete(name);
        else policies.set(name, { ...current, version });
      },
    };
  }

  /** Changes every owner and key, with one row for each. */
  #changeMuch(version: number): Transaction {
    const ids = [...this.#primary.current.keys.values()].map(({ id }) => id);
    return {
      changed: [...OWNERS.map((ownerId) => ({ ...NOTHING, ownerId })), ...ids.map((keyId) => ({ ...NOTHING, keyId }))],
      apply: ({ keys, owners }) => {
        for (const [id, owner] of owners) owners.set(id, { ...owner, version });
        for (const [name, key] of keys) if (ids.includes(key.id)) keys.set(name, { ...key, version });
      },
    };
  }

  /** Fails over to a server that lacks the newest commits. Connections to the old one break. */
  #replacePrimary(): void {
    const { history } = this.#primary;
    const kept = history[Math.max(0, history.length - 1 - Math.floor(this.#random.next() * 3))] ?? this.#primary.current;
    this.#counter += 1;
    this.#primary = new ModelServer(`s${this.#counter}`, kept);
    this.#afterLoss();
  }

  /** The server restarts in place and loses commits that were not durable, the first of which recorded a change. */
  #crash(): void {
    const { history } = this.#primary;
    let length = Math.max(1, history.length - 2);
    const isRecorded = (index: number) => (history[index]?.changes.at(-1)?.seq ?? 0) > (history[index - 1]?.changes.at(-1)?.seq ?? 0);
    while (length < history.length && !isRecorded(length)) length += 1;
    this.#primary.rewind(length);
    this.#afterLoss();
  }

  #afterLoss(): void {
    this.#acknowledged = this.#primary.history.length - 1;
    this.#pending.length = 0;
    for (const lane of LANES) this.#lose(lane);
    this.#accept();
  }

  #toggleTriggers(): void {
    // A change that nothing records is found by the check, which here always happens at the same time.
    this.#isRecording = !this.#isRecording;
    this.#checkTriggers();
  }

  #checkTriggers(): void {
    if (this.#protocol.checksTriggers) this.#cache.trust(this.#isRecording);
  }

  /** Lets everything that waits be answered. */
  #finish(): void {
    for (let round = 0; round < 40 && this.#asked.some(({ answers }) => answers === 0); round += 1) {
      for (const lane of LANES) {
        if (!this.#connections.has(lane)) {
          this.#connections.set(lane, { server: this.#primary, inFlight: null });
          this.#cache.connected(lane);
        }
      }
      this.#cache.flush();
      for (const lane of LANES) {
        this.#execute(lane);
        this.#deliver(lane);
      }
    }
    for (const { fingerprint, answers } of this.#asked) {
      if (answers !== 1) this.problems.push(`${fingerprint} was answered ${answers} times`);
    }
  }
}

const changeOwner = (ownerId: string, version: number, policy: string | null): Transaction => ({
  changed: [{ ...NOTHING, ownerId }],
  apply: ({ owners }) => void owners.set(ownerId, { version, policy }),
});

function changeKeys(keys: Tables['keys'], version: number): void {
  for (const [name, key] of keys) keys.set(name, { ...key, version });
}
