import { randomBytes } from 'node:crypto';
import type { Asker, Outcome } from './asker.js';
import { type KeyChange, type KeyState, KnownKey } from './key-model.js';
import type { Random } from './random.js';
import type { Replica } from './replica.js';

const PASSWORD = 'correct horse battery staple';

/** Default of MAX_KEYS_PER_USER in the servers under test. */
const KEYS_MAX = 5;

const HOURS = 3_600;

interface ApiKey {
  id: string;
  name: string | null;
}

/** The least and the greatest number of keys that can count against the limit, as far as is known. */
interface Count {
  min: number;
  max: number;
}

/** One user and what is known of its keys. Operations run one after another, each at another replica. */
export class Account {
  readonly email: string;
  readonly userId: string;
  readonly keys: KnownKey[] = [];
  /** Keys that can exist although no response returned them. */
  strayKeys = 0;
  operations = 0;
  readonly #asker: Asker;
  readonly #random: Random;
  readonly #learn: (key: KnownKey) => void;
  #token: string;

  private constructor(parts: {
    asker: Asker;
    random: Random;
    learn: (key: KnownKey) => void;
    email: string;
    userId: string;
    token: string;
  }) {
    this.#asker = parts.asker;
    this.#random = parts.random;
    this.#learn = parts.learn;
    this.email = parts.email;
    this.userId = parts.userId;
    this.#token = parts.token;
  }

  /** Returns a new account, or null if the sign-up was not acknowledged. `learn` receives every key that is created. */
  static async signUp(asker: Asker, random: Random, learn: (key: KnownKey) => void): Promise<Account | null> {
    const email = `${randomBytes(8).toString('hex')}@example.com`;
    const outcome = await asker.ask<{ signUp: { accessToken: string; user: { id: string } } }>(
      random.pick(asker.replicas),
      'mutation ($input: SignUpInput!) { signUp(input: $input) { accessToken user { id } } }',
      { variables: { input: { email, password: PASSWORD } } },
    );
    if (outcome.is !== 'done') return null;
    const { accessToken, user } = outcome.data.signUp;
    return new Account({ asker, random, learn, email, userId: user.id, token: accessToken });
  }

  /** Performs one random operation of a user. */
  async act(): Promise<void> {
    this.operations += 1;
    const usable = this.keys.filter(({ mayBeUsable }) => mayBeUsable);
    // Sometimes includes expired and revoked keys, which no operation can make valid again.
    const candidates = usable.length > 0 && this.#random.chance(0.85) ? usable : this.keys;
    const key = candidates.length > 0 ? this.#random.pick(candidates) : null;
    const draw = this.#random.next();
    if (key === null || draw < 0.3) return this.#create();
    if (draw < 0.5) return this.#update(key);
    if (draw < 0.65) return this.#rotate(key);
    if (draw < 0.85) return this.#revoke(key);
    if (draw < 0.95) return this.#list();
    return this.#signIn();
  }

  async #create(): Promise<void> {
    const { min, max } = this.#count();
    const outcome = await this.#ask<{ createApiKey: { plaintextKey: string; apiKey: ApiKey } }>(
      'mutation { createApiKey(input: { name: "new" }) { plaintextKey apiKey { id name } } }',
      {},
      ['API_KEY_LIMIT_REACHED'],
    );
    if (outcome.is === 'unknown') this.strayKeys += 1;
    else if (outcome.is === 'refused') {
      if (max < KEYS_MAX) this.#asker.findings.wrong(`createApiKey was rejected with at most ${max} keys`);
      await this.#list();
      const usable = this.keys.filter(({ mayBeUsable }) => mayBeUsable);
      if (usable.length > 0) await this.#revoke(this.#random.pick(usable));
    } else {
      if (min >= KEYS_MAX) this.#asker.findings.wrong(`createApiKey created a key beyond ${min}`);
      const { plaintextKey, apiKey } = outcome.data.createApiKey;
      this.#add(new KnownKey(apiKey.id, plaintextKey, [{ status: 'VALID', name: 'new' }]));
    }
  }

  async #update(key: KnownKey): Promise<void> {
    const [name, enabled] = [`change ${this.operations}`, this.#random.chance(0.6)];
    await this.#change(
      key,
      { kind: 'update', name, enabled },
      'mutation ($id: ID!, $input: UpdateApiKeyInput!) { updateApiKey(id: $id, input: $input) { apiKey { id } } }',
      { id: key.id, input: { name, enabled } },
    );
  }

  async #revoke(key: KnownKey): Promise<void> {
    await this.#change(key, { kind: 'revoke' }, 'mutation ($id: ID!) { revokeApiKey(id: $id) { apiKey { id } } }', { id: key.id });
  }

  async #rotate(key: KnownKey): Promise<void> {
    // The successor has the state of its predecessor, which must therefore be known. If the request of a key was not answered, it
    // is unknown whether that key is part of a rotation.
    // whether it is one of a pair.
    const [state, ...others] = key.possible;
    if (!state || others.length > 0 || state.status === 'DISABLED' || key.plaintextKey === null) return this.#revoke(key);
    // While its predecessor is valid, a key can only be rotated with a grace period of 0.
    const predecessors = this.keys.filter(({ successor, mayBeUsable }) => successor === key && mayBeUsable);
    const gracePeriodSeconds = predecessors.length > 0 ? 0 : this.#random.pick([0, 2 * HOURS]);
    const outcome = await this.#change<{ rotateApiKey: { plaintextKey: string; apiKey: ApiKey } }>(
      key,
      { kind: 'rotate', gracePeriodSeconds },
      'mutation ($id: ID!, $input: RotateApiKeyInput) { rotateApiKey(id: $id, input: $input) { plaintextKey apiKey { id name } } }',
      { id: key.id, input: { gracePeriodSeconds } },
    );
    if (outcome.is === 'unknown') this.strayKeys += 1;
    if (outcome.is !== 'done') return;
    const { plaintextKey, apiKey } = outcome.data.rotateApiKey;
    key.successor = new KnownKey(apiKey.id, plaintextKey, [state]);
    for (const predecessor of predecessors) predecessor.successor = key.successor;
    this.#add(key.successor);
  }

  async #change<Data>(key: KnownKey, change: KeyChange, query: string, variables: object): Promise<Outcome<Data>> {
    const pending = key.begin(change);
    const outcome = await this.#ask<Data>(query, variables, ['CONFLICT']);
    const isPossible = outcome.is === 'done' ? pending.acknowledge() : outcome.is === 'refused' ? pending.refuse() : true;
    if (!isPossible) this.#asker.findings.wrong(`${change.kind} was ${outcome.is} for a key that is ${JSON.stringify(key.possible)}`);
    return outcome;
  }

  /** Compares the usable keys with those that are known. Only keys of unanswered requests can be added. */
  async #list(): Promise<void> {
    const outcome = await this.#ask<{ myApiKeys: (ApiKey & { enabled: boolean })[] }>('{ myApiKeys { id name enabled } }');
    if (outcome.is !== 'done') return;
    const listed = new Map(outcome.data.myApiKeys.map((key) => [key.id, key]));
    const { findings } = this.#asker;
    for (const key of this.keys) {
      const found = listed.get(key.id);
      listed.delete(key.id);
      if (!found && key.mustBeUsable) findings.wrong('myApiKeys lacks a key that is usable');
      if (found && !key.mayBeUsable) findings.wrong('myApiKeys contains a key that is not usable');
      if (found && !key.possible.some(({ name }) => name === found.name)) findings.wrong('myApiKeys contains an old name');
    }
    for (const { id, name, enabled } of listed.values()) {
      if (this.strayKeys === 0) findings.wrong('myApiKeys contains a key that no request created');
      else this.strayKeys -= 1;
      this.#add(new KnownKey(id, null, [{ status: enabled ? 'VALID' : 'DISABLED', name: name ?? '' } satisfies KeyState]));
    }
  }

  async #signIn(): Promise<void> {
    const outcome = await this.#ask<{ signIn: { accessToken: string } }>(
      'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }',
      { input: { email: this.email, password: PASSWORD } },
    );
    if (outcome.is === 'done') this.#token = outcome.data.signIn.accessToken;
  }

  #ask<Data>(query: string, variables: object = {}, refusals: readonly string[] = []): Promise<Outcome<Data>> {
    const replica: Replica = this.#random.pick(this.#asker.replicas);
    return this.#asker.ask<Data>(replica, query, { variables, token: this.#token, refusals });
  }

  #add(key: KnownKey): void {
    this.keys.push(key);
    this.#learn(key);
  }

  /** A key in its grace period and its usable successor count as one. A key of an unanswered request can be such a successor. */
  #count(): Count {
    const counted = this.keys.filter((key) => !key.successor?.mustBeUsable && key.mayBeUsable);
    const certain = this.keys.filter((key) => !key.successor?.mayBeUsable && key.mustBeUsable && key.plaintextKey !== null);
    return { min: certain.length, max: counted.length + this.strayKeys };
  }
}
