import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  AllMyApiKeysDocument,
  CreateApiKeyDocument,
  RevokeApiKeyDocument,
  RotateApiKeyDocument,
  UpdateApiKeyDocument,
  VerifyApiKeyDocument,
} from '../generated/graphql.js';
import { KEYS_MAX, KeyModel, type Operation, type Outcome, WINDOW_SECONDS } from '../support/key-model.js';
import { type Answer, codesOf, startTestApp, type TestApp } from '../support/test-app.js';

/** Each run applies up to 15 commands to the keys of one user. `MODEL_RUNS=1000 npm test -- test/api-keys/key-life` runs more. */
const RUNS = Number(process.env.MODEL_RUNS ?? 50);
const COMMANDS_MAX = 15;

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ env: { MAX_KEYS_PER_USER: String(KEYS_MAX) } });
});
afterAll(() => app.close());

/** The response to a change, and the key that the change created, if any. */
interface Change {
  answer: Answer<unknown>;
  created?: { plaintextKey: string; apiKey: { id: string } } | undefined;
}

/** One user of the server under test. */
class Real {
  readonly token: string;
  /** Plaintext keys by id, in the order of their creation. */
  readonly keys = new Map<string, string>();

  constructor(token: string) {
    this.token = token;
  }

  async do(operation: Operation): Promise<Outcome> {
    if (operation.kind === 'verify') {
      const input = { key: this.keys.get(operation.id) ?? '', scopes: operation.scopes };
      return { code: (await app.ask(VerifyApiKeyDocument, { input }, undefined)).verifyApiKey.code };
    }
    const { answer, created } = await this.#change(operation);
    if (!created) return { code: codesOf(answer)[0] ?? 'OK' };
    this.keys.set(created.apiKey.id, created.plaintextKey);
    return { code: 'OK', createdId: created.apiKey.id };
  }

  async #change(operation: Exclude<Operation, { kind: 'verify' }>): Promise<Change> {
    const { token } = this;
    switch (operation.kind) {
      case 'create': {
        const { expiresInSeconds, limit } = operation;
        const rateLimit = limit === null ? null : { limit, windowSeconds: WINDOW_SECONDS };
        const answer = await app.send(CreateApiKeyDocument, { input: { expiresAt: inSeconds(expiresInSeconds), rateLimit } }, { token });
        return { answer, created: answer.data?.createApiKey };
      }
      case 'rotate': {
        const { graceSeconds, expiresInSeconds } = operation;
        const expiry = expiresInSeconds === undefined ? {} : { expiresAt: inSeconds(expiresInSeconds) };
        const input = { gracePeriodSeconds: graceSeconds, ...expiry };
        const answer = await app.send(RotateApiKeyDocument, { id: operation.id, input }, { token });
        return { answer, created: answer.data?.rotateApiKey };
      }
      case 'revoke':
        return { answer: await app.send(RevokeApiKeyDocument, { id: operation.id }, { token }) };
      case 'update': {
        const { id, enabled, scopes } = operation;
        return { answer: await app.send(UpdateApiKeyDocument, { id, input: { enabled, scopes } }, { token }) };
      }
      case 'extend': {
        const input = { expiresAt: inSeconds(operation.expiresInSeconds) };
        return { answer: await app.send(UpdateApiKeyDocument, { id: operation.id, input }, { token }) };
      }
    }
  }

  async statuses(): Promise<Record<string, string>> {
    const { myApiKeys, myApiKeyHistory } = await app.ask(AllMyApiKeysDocument, {}, this.token);
    const keys = [...myApiKeys, ...myApiKeyHistory.edges.map(({ node }) => node)];
    return Object.fromEntries(keys.map(({ id, status }) => [id, status]));
  }
}

/** The states that the keys can be in: several states can explain the outcomes of parallel operations. */
interface Possible {
  states: KeyModel[];
}

const now = () => app.clock.now().getTime();
const inSeconds = (seconds: number | null) => (seconds === null ? null : new Date(now() + seconds * 1_000).toISOString());

/** @returns the distinct states after all operations, over every order that explains each outcome */
function explain(states: readonly KeyModel[], done: readonly [Operation, Outcome][]): KeyModel[] {
  if (done.length === 0) return [...states];
  const explained = done.flatMap(([operation, outcome], index) => {
    const after = states.flatMap((state) => state.step(operation, outcome, now()) ?? []);
    return after.length === 0 ? [] : explain(after, done.toSpliced(index, 1));
  });
  return [...new Map(explained.map((state) => [String(state), state])).values()];
}

/** An operation on an existing key: `target` is the number of keys created after it. */
type Planned = Operation & { target?: number };

/** Runs operations concurrently. */
class AtOnce implements fc.AsyncCommand<Possible, Real> {
  readonly planned: readonly Planned[];

  constructor(planned: readonly Planned[]) {
    this.planned = planned;
  }

  check = () => true;

  async run(possible: Possible, real: Real): Promise<void> {
    const ids = [...real.keys.keys()];
    const operations = this.planned.flatMap(({ target = 0, ...operation }): Operation[] => {
      if (operation.kind === 'create') return [operation];
      const id = ids.at(-1 - (target % ids.length));
      return id === undefined ? [] : [{ ...operation, id }];
    });
    const done = await Promise.all(
      operations.map(async (operation): Promise<[Operation, Outcome]> => [operation, await real.do(operation)]),
    );
    const explained = explain(possible.states, done);
    if (explained.length === 0) throw new Error(`no order explains: ${JSON.stringify(done)}`);
    const statuses = await real.statuses();
    possible.states = explained.filter((state) => JSON.stringify(sorted(state.statuses(now()))) === JSON.stringify(sorted(statuses)));
    if (possible.states.length === 0) throw new Error(`no order explains ${JSON.stringify(statuses)} after: ${JSON.stringify(done)}`);
  }

  toString = () => `atOnce(${JSON.stringify(this.planned)})`;
}

/** Advances the clock. */
class Pass implements fc.AsyncCommand<Possible, Real> {
  readonly seconds: number;

  constructor(seconds: number) {
    this.seconds = seconds;
  }

  check = () => true;

  async run(): Promise<void> {
    app.clock.advanceSeconds(this.seconds);
  }

  toString = () => `pass(${this.seconds})`;
}

const sorted = (record: Record<string, string>) => Object.entries(record).sort();

const target = fc.nat(3);
const id = fc.constant('');
const seconds = fc.constantFrom(5, 10, 20, 60);
const scopes = fc.subarray(['a', 'b']);
const operation: fc.Arbitrary<Planned> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('create' as const),
      expiresInSeconds: fc.option(seconds),
      limit: fc.option(fc.constantFrom(1, 3)),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('update' as const), id, target, enabled: fc.boolean(), scopes }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('extend' as const), id, target, expiresInSeconds: fc.option(seconds) }) },
  {
    weight: 3,
    arbitrary: fc.record(
      { kind: fc.constant('rotate' as const), id, target, graceSeconds: fc.constantFrom(0, 10, 30), expiresInSeconds: fc.option(seconds) },
      { requiredKeys: ['kind', 'id', 'target', 'graceSeconds'] },
    ),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('revoke' as const), id, target }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('verify' as const), id, target, scopes }) },
);
const commands = fc.commands(
  [
    fc.array(operation, { minLength: 1, maxLength: 4 }).map((planned) => new AtOnce(planned)),
    fc.constantFrom(1, 5, 10, 25).map((passing) => new Pass(passing)),
  ],
  { maxCommands: COMMANDS_MAX, size: 'max' },
);

test(
  `K4: keys end in the state of the model after any sequence of concurrent operations (${RUNS} runs)`,
  async () => {
    await fc.assert(
      fc.asyncProperty(commands, async (some) => {
        const { accessToken } = await app.newUser();
        await fc.asyncModelRun(() => ({ model: { states: [new KeyModel()] }, real: new Real(accessToken) }), some);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    expect(app.logs()).not.toContain('"level":50');
  },
  30_000 + RUNS * 5_000,
);
