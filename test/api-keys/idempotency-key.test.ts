import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  CreateApiKeyDocument,
  type CreateApiKeyInput,
  DeleteMyAccountDocument,
  MyApiKeysDocument,
  RotateApiKeyDocument,
  type RotateApiKeyInput,
} from '../generated/graphql.js';
import { credentialsOf, isByService } from '../support/acting-service.js';
import { runSql } from '../support/database.js';
import { dataOf, newKey } from '../support/doors.js';
import { type Answer, codesOf, PASSWORD, startReplicas, type TestApp } from '../support/test-app.js';

let app: TestApp;
let otherReplica: TestApp;
beforeAll(async () => {
  [app, otherReplica] = await startReplicas();
});
afterAll(async () => {
  await otherReplica.close();
  await app.close();
});

const create = (token: string, idempotencyKey: string | null, input?: CreateApiKeyInput, on = app) =>
  on.send(CreateApiKeyDocument, { ...(input && { input }), idempotencyKey }, { token });
const rotate = (token: string, id: string, idempotencyKey: string | null, input?: RotateApiKeyInput, on = app) =>
  on.send(RotateApiKeyDocument, { id, ...(input && { input }), idempotencyKey }, { token });

const extensionsOf = (answer: Answer<unknown>) => answer.errors.map(({ extensions }) => extensions);
const repetitionOf = (apiKeyId: string) => [{ code: 'CONFLICT', apiKeyId }];
const OTHER_INPUT = [
  { code: 'BAD_USER_INPUT', fields: [{ path: 'idempotencyKey', message: 'was used with other input in the last 24 hours' }] },
];
const createdBy = (answer: Answer<{ createApiKey: { apiKey: { id: string } } }>) => dataOf(answer).createApiKey.apiKey.id;
const usableKeys = async (token: string) => (await app.ask(MyApiKeysDocument, {}, token)).myApiKeys.map(({ id }) => id);
const stored = (key: string) => runSql<{ api_key_id: string }>(app.databaseUrl, 'SELECT * FROM idempotency_keys WHERE key = $1', [key]);

describe('idempotencyKey of createApiKey', () => {
  test('K8: of 20 parallel requests on two replicas, one creates a key, and the other 19 get CONFLICT with its id', async () => {
    const { accessToken } = await app.newUser();
    const input = { name: 'build', metadata: { team: 'a' } };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => create(accessToken, 'parallel', input, index % 2 === 0 ? app : otherReplica)),
    );
    const [id = '', ...more] = await usableKeys(accessToken);
    expect(more).toEqual([]);
    expect(answers.filter(({ data }) => data).map(createdBy)).toEqual([id]);
    expect(answers.filter(({ data }) => !data).map(extensionsOf)).toEqual(Array(19).fill(repetitionOf(id)));
  });

  test('returns CONFLICT with the id of the key also if the user has the maximum number of keys, and computes no hash', async () => {
    const { accessToken } = await app.newUser();
    const id = createdBy(await create(accessToken, 'at-the-limit'));
    for (let count = 1; count < 5; count += 1) await create(accessToken, null);
    expect(codesOf(await create(accessToken, 'another'))).toEqual(['API_KEY_LIMIT_REACHED']);
    const hashes = await app.keyHashes.requestedBy(async () => {
      expect(extensionsOf(await create(accessToken, 'at-the-limit'))).toEqual(repetitionOf(id));
    });
    expect(hashes).toBe(0);
  });

  test('returns CONFLICT although the input has become invalid since', async () => {
    const { accessToken } = await app.newUser();
    const input = { expiresAt: new Date(app.clock.now().getTime() + 60_000).toISOString() };
    const id = createdBy(await create(accessToken, 'expired-since', input));
    app.clock.advanceSeconds(61);
    expect(extensionsOf(await create(accessToken, 'expired-since', input))).toEqual(repetitionOf(id));
  });

  test('treats inputs as the same if they differ only in the order of their members', async () => {
    const { accessToken } = await app.newUser();
    const id = createdBy(
      await create(accessToken, 'ordered', { name: 'a', metadata: { x: 1, y: { p: [1], q: null } }, scopes: ['a', 'b'] }),
    );
    const reordered = { scopes: ['a', 'b'], metadata: { y: { q: null, p: [1] }, x: 1 }, name: 'a' };
    expect(extensionsOf(await create(accessToken, 'ordered', reordered))).toEqual(repetitionOf(id));
    const { createApiKey } = dataOf(await create(accessToken, 'without-input'));
    expect(extensionsOf(await create(accessToken, 'without-input', {}))).toEqual(repetitionOf(createApiKey.apiKey.id));
  });

  test.each<[string, CreateApiKeyInput]>([
    ['another name', { name: 'b', scopes: ['a', 'b'] }],
    ['another order of a list', { name: 'a', scopes: ['b', 'a'] }],
    ['invalid input', { name: 'x'.repeat(101) }],
    ['no input', {}],
  ])('returns BAD_USER_INPUT at idempotencyKey for %s', async (_case, input) => {
    const { accessToken } = await app.newUser();
    createdBy(await create(accessToken, 'bound', { name: 'a', scopes: ['a', 'b'] }));
    expect(extensionsOf(await create(accessToken, 'bound', input))).toEqual(OTHER_INPUT);
    expect(await usableKeys(accessToken)).toHaveLength(1);
  });

  test('returns BAD_USER_INPUT at idempotencyKey for metadata that is nested too deeply for JSON.stringify', async () => {
    const { accessToken } = await app.newUser();
    createdBy(await create(accessToken, 'nested', {}));
    const nested = `${'{"a":'.repeat(14_000)}{}${'}'.repeat(14_000)}`;
    const response = await app.http.inject({
      method: 'POST',
      url: '/graphql',
      headers: { 'content-type': 'application/json', ...credentialsOf(accessToken) },
      payload: `{"query":${JSON.stringify(String(CreateApiKeyDocument))},"variables":{"input":{"metadata":${nested}},"idempotencyKey":"nested"}}`,
    });
    expect(response.json().errors.map(({ extensions }: { extensions: unknown }) => extensions)).toEqual(OTHER_INPUT);
  });

  test('is valid for its user alone', async () => {
    const [ada, bob] = [await app.newUser(), await app.newUser()];
    expect(createdBy(await create(ada.accessToken, 'mine'))).not.toBe(createdBy(await create(bob.accessToken, 'mine')));
  });

  test('is not consumed by a rejected request', async () => {
    const { accessToken } = await app.newUser();
    expect(codesOf(await create(accessToken, 'corrected', { name: 'x'.repeat(101) }))).toEqual(['BAD_USER_INPUT']);
    expect(codesOf(await create(accessToken, 'corrected', { name: 'x' }))).toEqual([]);
  });

  test.each([
    ['an empty text', ''],
    ['256 characters', 'x'.repeat(256)],
    ['a space', 'a b'],
    ['a line break', 'a\nb'],
    ['a letter outside ASCII', 'é'],
  ])('returns BAD_USER_INPUT for %s, before any other error', async (_case, idempotencyKey) => {
    const { accessToken } = await app.newUser();
    const message = 'must be 1 to 255 visible ASCII characters, without spaces';
    expect(extensionsOf(await create(accessToken, idempotencyKey, { name: 'x'.repeat(101) }))).toEqual([
      { code: 'BAD_USER_INPUT', fields: [{ path: 'idempotencyKey', message }] },
    ]);
  });

  test('accepts 255 characters, and treats null as absent', async () => {
    const { accessToken } = await app.newUser();
    expect(codesOf(await create(accessToken, '~!'.padEnd(255, 'x')))).toEqual([]);
    for (let count = 0; count < 2; count += 1) expect(codesOf(await create(accessToken, null))).toEqual([]);
  });

  test('counts as absent from 24 hours on, and is removed when another one is stored', async () => {
    const [ada, bob] = [await app.newUser(), await app.newUser()];
    const id = createdBy(await create(ada.accessToken, 'yesterday'));
    await create(bob.accessToken, 'also-yesterday');
    app.clock.advanceSeconds(86_399);
    const fresh = async () =>
      dataOf(await app.send(`mutation { signIn(input: { email: "${ada.user.email}", password: "${PASSWORD}" }) { accessToken } }`)) as {
        signIn: { accessToken: string };
      };
    // A service needs no new token.
    const token = isByService() ? ada.accessToken : (await fresh()).signIn.accessToken;
    expect(extensionsOf(await create(token, 'yesterday'))).toEqual(repetitionOf(id));
    app.clock.advanceSeconds(1);
    expect(await stored('also-yesterday')).toHaveLength(1);
    const second = createdBy(await create(token, 'yesterday', { name: 'other' }));
    expect(second).not.toBe(id);
    expect(await stored('yesterday')).toMatchObject([{ api_key_id: second }]);
    expect(await stored('also-yesterday')).toEqual([]);
  });

  test('F8: is not stored if the audit event of the key cannot be written', async () => {
    const { accessToken } = await app.newUser();
    await runSql(app.databaseUrl, "ALTER TABLE audit_events ADD CONSTRAINT unwritable CHECK (action <> 'API_KEY_CREATED') NOT VALID");
    expect(codesOf(await create(accessToken, 'rolled-back'))).toEqual(['INTERNAL_SERVER_ERROR']);
    await runSql(app.databaseUrl, 'ALTER TABLE audit_events DROP CONSTRAINT unwritable');
    expect(await stored('rolled-back')).toEqual([]);
    expect(codesOf(await create(accessToken, 'rolled-back'))).toEqual([]);
  });

  test('is deleted with its user', async () => {
    const { accessToken, user } = await app.newUser();
    await create(accessToken, 'deleted-with-user');
    if (isByService()) await app.database.user.delete({ where: { id: user.id } });
    else await app.ask(DeleteMyAccountDocument, { password: PASSWORD }, accessToken);
    expect(await stored('deleted-with-user')).toEqual([]);
  });
});

describe('idempotencyKey of rotateApiKey', () => {
  test('K8: of 20 parallel requests on two replicas, one rotates, and the other 19 get CONFLICT with the id of the new key', async () => {
    const { id, token } = await newKey(app);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => rotate(token, id, 'parallel', undefined, index % 2 === 0 ? app : otherReplica)),
    );
    const [newest = ''] = answers.flatMap(({ data }) => (data ? [data.rotateApiKey.apiKey.id] : []));
    expect((await usableKeys(token)).sort()).toEqual([id, newest].sort());
    expect(answers.filter(({ data }) => !data).map(extensionsOf)).toEqual(Array(19).fill(repetitionOf(newest)));
  });

  test('returns CONFLICT for the default options whether they are absent or given', async () => {
    const { id, token } = await newKey(app);
    const { rotateApiKey } = dataOf(await rotate(token, id, 'defaults'));
    expect(extensionsOf(await rotate(token, id, 'defaults', { gracePeriodSeconds: 86_400 }))).toEqual(repetitionOf(rotateApiKey.apiKey.id));
  });

  test.each<[string, RotateApiKeyInput]>([
    ['another grace period', { gracePeriodSeconds: 60 }],
    ['null instead of the expiry of the old key', { expiresAt: null }],
    ['an invalid grace period', { gracePeriodSeconds: -1 }],
  ])('returns BAD_USER_INPUT at idempotencyKey for %s', async (_case, input) => {
    const { id, token } = await newKey(app);
    dataOf(await rotate(token, id, 'bound'));
    expect(extensionsOf(await rotate(token, id, 'bound', input))).toEqual(OTHER_INPUT);
  });

  test('K6: returns BAD_USER_INPUT for another key, and reveals nothing about a key of another user', async () => {
    const [mine, foreign] = [await newKey(app), await newKey(app)];
    expect(codesOf(await rotate(mine.token, foreign.id, 'first'))).toEqual(['FORBIDDEN']);
    dataOf(await rotate(mine.token, mine.id, 'first'));
    expect(extensionsOf(await rotate(mine.token, foreign.id, 'first'))).toEqual(OTHER_INPUT);
  });

  test('is independent of the idempotency keys of createApiKey', async () => {
    const { id, token } = await newKey(app);
    expect(codesOf(await create(token, 'same-text'))).toEqual([]);
    expect(codesOf(await rotate(token, id, 'same-text'))).toEqual([]);
  });
});
