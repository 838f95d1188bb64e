import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  ApiKeyDocument,
  CreateApiKeyDocument,
  MyApiKeysDocument,
  MyApiKeysWithRelationsDocument,
  RevokeApiKeyDocument,
  RotateApiKeyDocument,
  type RotateApiKeyInput,
  type RotateApiKeyMutation,
  UpdateApiKeyDocument,
} from '../generated/graphql.js';
import { callerQueries } from '../support/acting-service.js';
import { runSql } from '../support/database.js';
import { DOORS, dataOf, type MadeKey, newKey } from '../support/doors.js';
import { queriesOf } from '../support/queries.js';
import { codesOf, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ logQueries: true });
});
afterAll(() => app.close());

type Rotation = RotateApiKeyMutation['rotateApiKey'];

const inSeconds = (seconds: number) => new Date(app.clock.now().getTime() + seconds * 1_000).toISOString();
const rotate = (key: { id: string; token: string }, gracePeriodSeconds?: number, more: RotateApiKeyInput = {}) => {
  const input = { ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }), ...more };
  return app.send(RotateApiKeyDocument, { id: key.id, ...(Object.keys(input).length > 0 && { input }) }, { token: key.token });
};
const rotated = async (
  key: { id: string; token: string },
  gracePeriodSeconds?: number,
  more?: RotateApiKeyInput,
): Promise<Rotation & MadeKey> => {
  const { rotateApiKey } = dataOf(await rotate(key, gracePeriodSeconds, more));
  return { ...rotateApiKey, id: rotateApiKey.apiKey.id, key: rotateApiKey.plaintextKey, userId: '', token: key.token };
};
const revoke = ({ id, token }: { id: string; token: string }) => app.ask(RevokeApiKeyDocument, { id }, token);
const statusOf = async ({ id, token }: { id: string; token: string }) => (await app.ask(ApiKeyDocument, { id }, token)).apiKey?.status;

const [verify] = Object.values(DOORS) as [(typeof DOORS)[string]];
const codes = (keys: string[]) => Promise.all(keys.map(async (key) => (await verify(app, { key, ipAddress: '10.0.0.1' })).code));

const SETTINGS = {
  name: 'build server',
  scopes: ['a', 'b:*'],
  allowedCidrs: ['10.0.0.0/8'],
  rateLimit: { limit: 9, windowSeconds: 60 },
  metadata: { a: [1] },
};

describe('rotateApiKey', () => {
  test('creates a key with the same settings, and ends the old key after a day', async () => {
    const old = await newKey(app, { ...SETTINGS, expiresAt: inSeconds(10 * 86_400) });
    const { apiKey: before } = await app.ask(ApiKeyDocument, { id: old.id }, old.token);
    app.clock.advanceSeconds(1);
    const { apiKey, replaced, plaintextKey } = await rotated(old);
    expect(apiKey).toEqual({
      ...before,
      id: apiKey.id,
      keyPrefix: plaintextKey.slice(0, 13),
      createdAt: app.clock.now().toISOString(),
      replaces: { id: old.id },
    });
    expect(replaced).toEqual({
      ...before,
      status: 'ROTATING',
      expiresSoon: true,
      expiresAt: inSeconds(86_400),
      replacedBy: { id: apiKey.id },
    });
    expect(plaintextKey).toMatch(/^amos_[0-9a-f]{8}\.[\w-]{49}$/);
    expect(plaintextKey).not.toBe(old.key);
  });

  test.each(Object.entries(DOORS))('K9: keeps both keys valid until exactly the end of the grace period: %s', async (_endpoint, ask) => {
    const old = await newKey(app);
    const next = await rotated(old, 100);
    const both = async () => [(await ask(app, { key: old.key })).code, (await ask(app, { key: next.key })).code];
    expect(await both()).toEqual(['VALID', 'VALID']);
    app.clock.advanceSeconds(99.999);
    expect(await both()).toEqual(['VALID', 'VALID']);
    app.clock.advanceSeconds(0.001);
    expect(await both()).toEqual(['EXPIRED', 'VALID']);
    expect(await statusOf(old)).toBe('EXPIRED');
  });

  test('K9: expires the old key at once if the grace period is 0', async () => {
    const old = await newKey(app);
    const next = await rotated(old, 0);
    expect(next.replaced.status).toBe('EXPIRED');
    expect(await codes([old.key, next.key])).toEqual(['EXPIRED', 'VALID']);
  });

  test('K9: keeps an expiry of the old key that precedes the end of the grace period, and gives it to the new key', async () => {
    const expiresAt = inSeconds(50);
    const old = await newKey(app, { expiresAt });
    const next = await rotated(old, 100);
    expect([next.replaced.expiresAt, next.apiKey.expiresAt]).toEqual([expiresAt, expiresAt]);
    app.clock.advanceSeconds(50);
    expect(await codes([old.key, next.key])).toEqual(['EXPIRED', 'EXPIRED']);
  });

  test.each<[string, RotateApiKeyInput]>([
    ['negative', { gracePeriodSeconds: -1 }],
    ['over 30 days', { gracePeriodSeconds: 2_592_001 }],
  ])('G9: rejects a grace period that is %s', async (_case, input) => {
    const old = await newKey(app);
    const answer = await app.send(RotateApiKeyDocument, { id: old.id, input }, { token: old.token });
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'input.gracePeriodSeconds' }] });
    expect(await statusOf(old)).toBe('ACTIVE');
  });

  test('accepts a grace period of 30 days', async () => {
    expect((await rotated(await newKey(app), 2_592_000)).replaced.expiresAt).toBe(inSeconds(2_592_000));
  });

  test('applies one rate limit to both keys and to later successors', async () => {
    const first = await newKey(app, { rateLimit: { limit: 4, windowSeconds: 1_000 } });
    const second = await rotated(first, 10);
    expect(await codes([first.key])).toEqual(['VALID']);
    expect(await codes([second.key])).toEqual(['VALID']);
    app.clock.advanceSeconds(10);
    const third = await rotated(second, 10);
    expect(await codes([second.key])).toEqual(['VALID']);
    expect(await codes([third.key])).toEqual(['VALID']);
    expect(await codes([second.key])).toEqual(['RATE_LIMITED']);
    expect(await codes([third.key])).toEqual(['RATE_LIMITED']);
  });

  test('applies a rate limit that is changed during the overlap to both keys', async () => {
    const old = await newKey(app, { rateLimit: { limit: 100, windowSeconds: 60 } });
    const next = await rotated(old);
    await app.ask(UpdateApiKeyDocument, { id: next.id, input: { rateLimit: { limit: 2, windowSeconds: 60 } } }, old.token);
    expect(await codes([old.key])).toEqual(['VALID']);
    expect(await codes([next.key])).toEqual(['VALID']);
    expect(await codes([old.key])).toEqual(['RATE_LIMITED']);
    expect(await codes([next.key])).toEqual(['RATE_LIMITED']);
  });

  test.each<[string, RotateApiKeyInput, string[]]>([
    ['the current time', { expiresAt: '2026-01-01T00:00:00.000Z' }, ['input.expiresAt']],
    ['over 10 years ahead', { expiresAt: '2999-01-01T00:00:00.000Z' }, ['input.expiresAt']],
    [
      'in the past, together with a negative grace period',
      { gracePeriodSeconds: -1, expiresAt: '2000-01-01T00:00:00.000Z' },
      ['input.gracePeriodSeconds', 'input.expiresAt'],
    ],
  ])('G9: rejects an expiry of the new key that is %s', async (_case, input, paths) => {
    const old = await newKey(app);
    const expiresAt = input.expiresAt?.startsWith('2026') ? app.clock.now().toISOString() : input.expiresAt;
    const answer = await rotate(old, undefined, { ...input, expiresAt: expiresAt ?? null });
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: paths.map((path) => ({ path })) });
    expect(await statusOf(old)).toBe('ACTIVE');
  });

  test.each(Object.entries(DOORS))(
    'K9: gives the new key the expiry of the input, and the old key no later expiry than before: %s',
    async (_endpoint, ask) => {
      const [own, later] = [inSeconds(50), inSeconds(500)];
      const old = await newKey(app, { expiresAt: own });
      const next = await rotated(old, 100, { expiresAt: later });
      expect([next.replaced.expiresAt, next.apiKey.expiresAt]).toEqual([own, later]);
      app.clock.advanceSeconds(50);
      expect([(await ask(app, old)).code, (await ask(app, next)).code]).toEqual(['EXPIRED', 'VALID']);
      app.clock.advanceSeconds(449.999);
      expect((await ask(app, next)).code).toBe('VALID');
      app.clock.advanceSeconds(0.001);
      expect((await ask(app, next)).code).toBe('EXPIRED');
      expect(await codes([old.key])).toEqual(['EXPIRED']);
    },
  );

  test('creates a key without expiry if the input has null, and with the expiry of the old key if the input has none', async () => {
    const own = inSeconds(5_000);
    const endless = await rotated(await newKey(app, { expiresAt: own }), 100, { expiresAt: null });
    expect(endless.apiKey.expiresAt).toBeNull();
    const same = await rotated(await newKey(app, { expiresAt: own }), 100);
    expect([same.apiKey.expiresAt, same.replaced.expiresAt]).toEqual([own, inSeconds(100)]);
  });

  test('replaces a successor during the overlap if the grace period is 0: the successor ends, and the old key stays valid', async () => {
    const own = inSeconds(10_000);
    const first = await newKey(app, { ...SETTINGS, allowedCidrs: [], expiresAt: own });
    const lost = await rotated(first, 100);
    const last = await rotated(lost, 0);
    expect(last.apiKey).toMatchObject({ status: 'ACTIVE', expiresAt: own, replaces: { id: lost.id } });
    expect(last.replaced).toMatchObject({ id: lost.id, status: 'EXPIRED', replacedBy: { id: last.id } });
    const { myApiKeys } = await app.ask(MyApiKeysWithRelationsDocument, {}, first.token);
    expect(myApiKeys.map(({ id, status, replaces, replacedBy }) => ({ id, status, replaces, replacedBy }))).toEqual([
      { id: last.id, status: 'ACTIVE', replaces: { id: lost.id }, replacedBy: null },
      { id: first.id, status: 'ROTATING', replaces: null, replacedBy: { id: last.id } },
    ]);
    expect(await codes([first.key, lost.key, last.key])).toEqual(['VALID', 'EXPIRED', 'VALID']);
    // The replacement can be repeated, because the response of each rotation can be lost.
    const again = await rotated(last, 0);
    expect(await codes([first.key, last.key, again.key])).toEqual(['VALID', 'EXPIRED', 'VALID']);
    app.clock.advanceSeconds(100);
    expect(await codes([first.key, lost.key, last.key, again.key])).toEqual(['EXPIRED', 'EXPIRED', 'EXPIRED', 'VALID']);
    const events = await runSql(app.databaseUrl, "SELECT FROM audit_events WHERE user_id = $1 AND action = 'API_KEY_ROTATED'", [
      first.userId,
    ]);
    expect(events).toHaveLength(3);
  });

  test.each([1, 86_400, undefined])('returns CONFLICT for a successor during the overlap if the grace period is %s', async (grace) => {
    const lost = await rotated(await newKey(app), 100);
    expect(codesOf(await rotate(lost, grace))).toEqual(['CONFLICT']);
    expect(await statusOf(lost)).toBe('ACTIVE');
  });

  test('K8: lets one of 20 concurrent rotations of a successor succeed, and returns CONFLICT to 19', async () => {
    const first = await newKey(app);
    const lost = await rotated(first, 100);
    const answers = await Promise.all(Array.from({ length: 20 }, () => rotate(lost, 0)));
    expect(answers.flatMap(codesOf)).toEqual(Array(19).fill('CONFLICT'));
    const winner = answers.find((answer) => answer.data)?.data?.rotateApiKey;
    expect((await app.ask(MyApiKeysDocument, {}, first.token)).myApiKeys.map(({ id }) => id)).toEqual([winner?.apiKey.id, first.id]);
  });

  test('counts the old key, its replaced successor and the last key as one, with one shared rate limit', async () => {
    const first = await newKey(app, { rateLimit: { limit: 3, windowSeconds: 1_000 } });
    const create = () => app.send(CreateApiKeyDocument, {}, { token: first.token });
    for (let count = 1; count < 5; count += 1) expect(codesOf(await create())).toEqual([]);
    const lost = await rotated(first, 100);
    expect(await codes([lost.key])).toEqual(['VALID']);
    const last = await rotated(lost, 0);
    expect(codesOf(await create())).toEqual(['API_KEY_LIMIT_REACHED']);
    expect(await codes([first.key])).toEqual(['VALID']);
    expect(await codes([last.key])).toEqual(['VALID']);
    expect(await codes([first.key])).toEqual(['RATE_LIMITED']);
    expect(await codes([last.key])).toEqual(['RATE_LIMITED']);
    await app.ask(UpdateApiKeyDocument, { id: last.id, input: { rateLimit: null } }, first.token);
    expect(await codes([first.key, last.key])).toEqual(['VALID', 'VALID']);
    await revoke(last);
    expect(codesOf(await create())).toEqual(['API_KEY_LIMIT_REACHED']);
    await revoke(first);
    expect(codesOf(await create())).toEqual([]);
  });

  test('K4: rejects a revoked successor, so that nothing revives it', async () => {
    const first = await newKey(app);
    const lost = await rotated(first, 100);
    await revoke(lost);
    expect(codesOf(await rotate(lost, 0))).toEqual(['CONFLICT']);
    expect(await codes([first.key, lost.key])).toEqual(['VALID', 'REVOKED']);
  });

  test('returns CONFLICT for the old key during the overlap, as updateApiKey does', async () => {
    const old = await newKey(app);
    const next = await rotated(old, 100);
    for (const grace of [undefined, 0]) expect(codesOf(await rotate(old, grace))).toEqual(['CONFLICT']);
    expect(codesOf(await rotate(next))).toEqual(['CONFLICT']);
    const change = (id: string) => app.send(UpdateApiKeyDocument, { id, input: { name: 'x', enabled: false } }, { token: old.token });
    expect(codesOf(await change(old.id))).toEqual(['CONFLICT']);
    expect(codesOf(await change(next.id))).toEqual([]);
    app.clock.advanceSeconds(100);
    expect(codesOf(await rotate(old))).toEqual(['CONFLICT']);
    expect(codesOf(await rotate(next))).toEqual([]);
  });

  test('does not restore the old key when the new key is revoked, and ends the overlap when the old key is revoked', async () => {
    const old = await newKey(app);
    const next = await rotated(old, 100);
    await revoke(next);
    expect(await statusOf(old)).toBe('ROTATING');
    expect(await codes([old.key, next.key])).toEqual(['VALID', 'REVOKED']);
    expect(codesOf(await rotate(old))).toEqual(['CONFLICT']);
    app.clock.advanceSeconds(100);
    expect(await codes([old.key])).toEqual(['EXPIRED']);

    const other = await newKey(app);
    const successor = await rotated(other, 100);
    await revoke(other);
    expect(await codes([other.key, successor.key])).toEqual(['REVOKED', 'VALID']);
    expect(codesOf(await rotate(successor))).toEqual([]);
  });

  test('returns CONFLICT for a revoked or expired key, and creates a disabled key from a disabled key', async () => {
    const revoked = await newKey(app);
    await revoke(revoked);
    expect(codesOf(await rotate(revoked))).toEqual(['CONFLICT']);
    const expired = await newKey(app, { expiresAt: inSeconds(1) });
    app.clock.advanceSeconds(1);
    expect(codesOf(await rotate(expired))).toEqual(['CONFLICT']);
    const off = await newKey(app);
    await app.ask(UpdateApiKeyDocument, { id: off.id, input: { enabled: false } }, off.token);
    const next = await rotated(off);
    expect([next.apiKey.status, next.replaced.status]).toEqual(['DISABLED', 'DISABLED']);
    expect(await codes([off.key, next.key])).toEqual(['DISABLED', 'DISABLED']);
  });

  test('counts both keys as one against the limit while one of them is usable', async () => {
    const first = await newKey(app);
    const create = () => app.send(CreateApiKeyDocument, {}, { token: first.token });
    for (let count = 1; count < 5; count += 1) expect(codesOf(await create())).toEqual([]);
    const next = await rotated(first, 100);
    expect((await app.ask(MyApiKeysDocument, {}, first.token)).myApiKeys).toHaveLength(6);
    expect(codesOf(await create())).toEqual(['API_KEY_LIMIT_REACHED']);
    await revoke(next);
    expect(codesOf(await create())).toEqual(['API_KEY_LIMIT_REACHED']);
    await revoke(first);
    expect(codesOf(await create())).toEqual([]);
    expect(codesOf(await create())).toEqual(['API_KEY_LIMIT_REACHED']);
  });

  test('K8: lets one of 20 concurrent rotations succeed, and returns CONFLICT to 19', async () => {
    const old = await newKey(app);
    const answers = await Promise.all(Array.from({ length: 20 }, () => rotate(old)));
    expect(answers.flatMap(codesOf)).toEqual(Array(19).fill('CONFLICT'));
    const winner = answers.find((answer) => answer.data)?.data?.rotateApiKey;
    expect((await app.ask(MyApiKeysDocument, {}, old.token)).myApiKeys.map(({ id }) => id)).toEqual([winner?.apiKey.id, old.id]);
  });

  test('K6: returns FORBIDDEN for another user’s key without changing it, and NOT_FOUND for an unknown id', async () => {
    const [old, stranger] = [await newKey(app), await newKey(app)];
    expect(codesOf(await rotate({ ...old, token: stranger.token }))).toEqual(['FORBIDDEN']);
    expect(await statusOf(old)).toBe('ACTIVE');
    expect((await app.ask(MyApiKeysDocument, {}, stranger.token)).myApiKeys).toHaveLength(1);
    expect(codesOf(await rotate({ ...old, id: 'nope' }))).toEqual(['NOT_FOUND']);
  });

  test('K2: writes the new plaintext to no table and no log', async () => {
    const next = await rotated(await newKey(app));
    const secret = next.key.slice(14);
    const tables = await runSql<{ json: string }>(
      app.databaseUrl,
      `SELECT (SELECT json_agg(k) FROM api_keys k)::text || (SELECT json_agg(a) FROM audit_events a)::text AS json`,
    );
    for (const text of [tables[0]?.json ?? '', app.logs()]) {
      for (const encoding of ['utf8', 'hex', 'base64'] as const) {
        expect(text).not.toContain(Buffer.from(secret).toString(encoding).slice(0, 40));
      }
    }
    expect(tables[0]?.json).toContain(next.apiKey.keyPrefix);
  });
});

describe('replaces and replacedBy', () => {
  test('link the keys of a lineage, with one query for all keys of a list', async () => {
    const first = await newKey(app);
    const second = await rotated(first, 100);
    for (let count = 0; count < 4; count += 1) await app.ask(CreateApiKeyDocument, {}, first.token);
    let keys: { id: string; replaces?: unknown; replacedBy?: unknown }[] = [];
    const queries = await queriesOf(app, async () => {
      keys = (await app.ask(MyApiKeysWithRelationsDocument, {}, first.token)).myApiKeys;
    });
    expect(queries).toHaveLength(3 + callerQueries()); // session with user, policy, keys, predecessors and successors together
    const relations = new Map(keys.map(({ id, replaces, replacedBy }) => [id, { replaces, replacedBy }]));
    expect(relations.get(first.id)).toEqual({ replaces: null, replacedBy: { id: second.id } });
    expect(relations.get(second.id)).toEqual({ replaces: { id: first.id }, replacedBy: null });
    expect([...relations.values()].filter(({ replaces, replacedBy }) => !replaces && !replacedBy)).toHaveLength(4);
  });
});
