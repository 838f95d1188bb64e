import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makePlaintextKey } from '../../src/platform/plaintext-key.js';
import { VerifyApiKeyDocument } from '../generated/graphql.js';
import { DOORS, newKey } from '../support/doors.js';
import { eventually } from '../support/eventually.js';
import { queriesOf } from '../support/queries.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ env: { MAX_KEYS_PER_USER: '100' }, logQueries: true });
});
afterAll(() => app.close());

const verify = DOORS['/verify'] as (typeof DOORS)[string];

describe('KeyLookup', () => {
  test('reads the keys of all verifications in one event-loop turn with one query', async () => {
    const keys = await Promise.all(Array.from({ length: 10 }, () => newKey(app)));
    await verify(app, { key: makePlaintextKey('amos').plaintextKey });
    const presented = [...keys.map(({ key }) => key), keys[0]?.key ?? '', 'malformed'];
    let codes: string[] = [];
    const queries = await queriesOf(app, async () => {
      codes = (await Promise.all(presented.map((key) => verify(app, { key })))).map(({ code }) => code);
    });
    expect(codes).toEqual([...Array(11).fill('VALID'), 'MALFORMED']);
    expect(queries.filter((sql) => sql.includes('fingerprint'))).toHaveLength(1);
  });

  test('reads a key once, and before each further answer only whether anything has changed', async () => {
    const { key } = await newKey(app);
    app.cachedKeys.start();
    await eventually(() => expect(app.cachedKeys.isConnected).toBe(true), { withinMs: 10_000 });
    await app.usage.flush();
    const queries = await queriesOf(app, async () => {
      for (let count = 0; count < 3; count += 1) expect((await verify(app, { key })).code).toBe('VALID');
    });
    expect(queries.map((sql) => [sql.includes('verification_changes'), sql.includes('fingerprint')])).toEqual([
      [true, true],
      [true, false],
      [true, false],
    ]);
  });

  test('finds 200 keys at once, which are more than fit into one query', async () => {
    const { key } = await newKey(app);
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, n) => verify(app, { key: n % 2 ? key : makePlaintextKey('amos').plaintextKey })),
    );
    expect(outcomes.map(({ code }) => code)).toEqual(Array.from({ length: 200 }, (_, n) => (n % 2 ? 'VALID' : 'NOT_FOUND')));
  });

  test('K1: runs no query for a key with a wrong checksum', async () => {
    const { key } = await newKey(app);
    await app.usage.flush();
    const queries = await queriesOf(app, async () => {
      for (const ask of Object.values(DOORS)) expect((await ask(app, { key: `${key.slice(0, -1)}_` })).code).toBe('MALFORMED');
    });
    expect(queries).toEqual([]);
  });

  test('K12: runs the same queries without bcrypt and returns the same response for a wrong secret and an unknown prefix', async () => {
    const { key } = await newKey(app);
    const random = (prefix: string) => (bytes: number) => (bytes === 4 ? Buffer.from(prefix, 'hex') : Buffer.alloc(bytes, 9));
    const wrongSecret = makePlaintextKey('amos', random(key.slice(5, 13))).plaintextKey;
    const unknownPrefix = makePlaintextKey('amos', random('00000000')).plaintextKey;
    const answers: string[] = [];
    // Writes the usage of earlier verifications, so that it does not add to the queries counted below.
    await app.usage.flush();
    const [first, second] = [
      await queriesOf(app, async () => answers.push((await app.send(VerifyApiKeyDocument, { input: { key: wrongSecret } })).text)),
      await queriesOf(app, async () => answers.push((await app.send(VerifyApiKeyDocument, { input: { key: unknownPrefix } })).text)),
    ];
    expect(answers[0]).toBe(answers[1]);
    expect(first).toEqual(second);
    expect(first).toHaveLength(2);
    expect(await app.metrics.metrics()).toMatch(/^keyward_verification_bcrypt_total 0$/m);
  });
});
