import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createLogger } from '../../src/platform/logger.js';
import { HighestKeysMax } from '../../src/policies/highest-keys-max.js';
import { eventually } from '../support/eventually.js';
import { changePolicy, newPolicy } from '../support/policies.js';
import { codesOf, startTestApp, type TestApp } from '../support/test-app.js';

const MAX_KEYS_PER_USER = 5;

let app: TestApp;
let token: string;
beforeAll(async () => {
  app = await startTestApp({ env: { MAX_KEYS_PER_USER: String(MAX_KEYS_PER_USER) } });
  token = (await app.newUser()).accessToken;
});
afterAll(() => app.close());
afterEach(async () => {
  await app.database.policy.deleteMany();
  await app.highestKeysMax.read();
});

const MONTH = 'usage(from: "2026-01-01T00:00:00Z", to: "2026-01-31T00:00:00Z") { start allowed refused }';
/** Costs about 91 for each key and field of usage. The limit of a document is 12,000. */
const keysWith = (fields: number) => `{ myApiKeys { ${Array.from({ length: fields }, (_, index) => `u${index}: ${MONTH}`).join(' ')} } }`;
const codesFor = async (fields: number, on: TestApp = app) => codesOf(await on.send(keysWith(fields), {}, { token }));
const TOO_COSTLY = ['GRAPHQL_VALIDATION_FAILED'];

describe('G2: the cost of myApiKeys', () => {
  test('is that of the highest keysMax of a policy, once the process has read it', async () => {
    expect(await codesFor(3)).toEqual([]);
    const { id } = await newPolicy(app, { keysMax: 30 });
    await newPolicy(app, { keysMax: null });
    await app.highestKeysMax.read();
    // Twice 30 keys, because each can be in a rotation.
    expect([await codesFor(2), await codesFor(3)]).toEqual([[], TOO_COSTLY]);
    await changePolicy(app, id, { keysMax: 10 });
    await app.highestKeysMax.read();
    expect(await codesFor(3)).toEqual([]);
  });

  test('is that of MAX_KEYS_PER_USER if every policy permits fewer keys', async () => {
    await newPolicy(app, { keysMax: 1 });
    await app.highestKeysMax.read();
    expect(app.highestKeysMax.value).toBe(MAX_KEYS_PER_USER);
    expect([await codesFor(10)]).toEqual([[]]);
  });

  test('is that of 100 keys at most, so that a query of every key with its usage stays possible', async () => {
    await newPolicy(app, { keysMax: 1_000 });
    await app.highestKeysMax.read();
    expect([await codesFor(1), await codesFor(2)]).toEqual([[], TOO_COSTLY]);
  });

  test('is known before the first request', async () => {
    await newPolicy(app, { keysMax: 30 });
    const other = await startTestApp({ databaseUrl: app.databaseUrl });
    expect(other.highestKeysMax.value).toBe(30);
    await other.close();
  });
});

/** What the database and `eventually` need. */
const OTHER_TIMERS = [
  'setTimeout',
  'clearTimeout',
  'setImmediate',
  'clearImmediate',
  'nextTick',
  'queueMicrotask',
  'Date',
  'performance',
  'hrtime',
] as const;

describe('HighestKeysMax', () => {
  afterEach(() => void jest.useRealTimers());

  test('reads the policies every minute, and keeps the number while the database is unavailable', async () => {
    jest.useFakeTimers({ doNotFake: [...OTHER_TIMERS] });
    const lines: string[] = [];
    const logger = createLogger('warn', { write: (line) => void lines.push(line) });
    const highest = new HighestKeysMax({ database: app.database, logger, keysPerUserMax: MAX_KEYS_PER_USER });
    highest.start();
    await newPolicy(app, { keysMax: 30 });
    jest.advanceTimersByTime(59_999);
    expect(highest.value).toBe(MAX_KEYS_PER_USER);
    jest.advanceTimersByTime(1);
    await eventually(() => expect(highest.value).toBe(30), { withinMs: 5_000 });

    await app.database.$executeRaw`ALTER TABLE policies RENAME TO policies_elsewhere`;
    jest.advanceTimersByTime(60_000);
    await eventually(() => expect(lines.join('')).toContain('not read'), { withinMs: 5_000 });
    expect(highest.value).toBe(30);
    await app.database.$executeRaw`ALTER TABLE policies_elsewhere RENAME TO policies`;
    await highest.close();
  });
});
