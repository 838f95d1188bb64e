import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  ApiKeysDocument,
  type ApiKeysQueryVariables,
  RevokeApiKeyDocument,
  RotateApiKeyDocument,
  UpdateApiKeyDocument,
  UserDocument,
  VerifyApiKeyDocument,
} from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { dataOf } from '../support/doors.js';
import { keyMaker } from '../support/managed-keys.js';
import { queriesOf } from '../support/queries.js';
import { planOf } from '../support/query-plan.js';
import { actingFor, newExternalId, newService, type TestService } from '../support/services.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let reader: TestService;
let backend: TestService;
let newKey: Awaited<ReturnType<typeof keyMaker>>;
beforeAll(async () => {
  app = await startTestApp({ logQueries: true });
  [reader, backend] = [await newService(app, ['keys:read', 'users:read']), await newService(app, ['users:act'])];
  newKey = await keyMaker(app);
});
afterAll(() => app.close());

const send = (variables: ApiKeysQueryVariables) => app.send(ApiKeysDocument, variables, { token: reader.token });
const list = async (variables: ApiKeysQueryVariables = {}) => dataOf(await send(variables)).apiKeys;
const idsOf = ({ edges }: Awaited<ReturnType<typeof list>>) => edges.map(({ node }) => node.id);
const idsBy = async (filter: ApiKeysQueryVariables['filter']) => idsOf(await list({ first: 100, filter }));

describe('apiKeys', () => {
  test('returns the keys of all owners in pages, newest first', async () => {
    const keys = [await newKey(), await newKey(), await newKey()].map(({ id }) => id).reverse();
    const first = await list({ first: 2 });
    expect(idsOf(first)).toEqual(keys.slice(0, 2));
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const second = await list({ first: 1, after: first.pageInfo.endCursor });
    expect(idsOf(second)).toEqual(keys.slice(2));
  });

  test('selects keys by owner, id, key prefix and time', async () => {
    const [one, other] = [await newKey(), await newKey()];
    const both = await newKey({}, one.externalId);
    const owner = (await app.ask(UserDocument, { externalId: one.externalId }, reader.token)).user?.id ?? '';
    expect(await idsBy({ ownerIds: [owner] })).toEqual([both.id, one.id]);
    expect(await idsBy({ externalIds: [one.externalId, other.externalId] })).toEqual([both.id, other.id, one.id]);
    expect(await idsBy({ externalIds: [other.externalId], ownerIds: [owner] })).toEqual([]);
    expect(await idsBy({ externalIds: [one.externalId, other.externalId], ownerIds: [owner] })).toEqual([both.id, one.id]);
    expect(await idsBy({ ids: [one.id, other.id, 'x'] })).toEqual([other.id, one.id]);
    expect(await idsBy({ keyPrefixes: [one.keyPrefix, 'x'] })).toEqual([one.id]);
    expect(await idsBy({ keyPrefixes: [one.keyPrefix], ids: [other.id] })).toEqual([]);
    expect(await idsBy({ ids: [one.id, other.id], ownerIds: [owner] })).toEqual([one.id]);
    const [created] = (await list({ filter: { ids: [other.id] } })).edges;
    const at = created?.node.createdAt ?? '';
    const ids = [one.id, other.id, both.id];
    expect(await idsBy({ ids, createdBefore: at })).toEqual([one.id]);
    expect(await idsBy({ ids, createdAfter: at })).toEqual([both.id]);
  });

  test('selects keys by status, as the status of each key is shown', async () => {
    const externalId = newExternalId();
    const options = actingFor(backend, externalId);
    const keys = [];
    for (let count = 0; count < 5; count += 1) keys.push(await newKey({}, externalId));
    const [active, disabled, expired, revoked, rotating] = keys.map(({ id }) => id);
    await app.send(UpdateApiKeyDocument, { id: disabled ?? '', input: { enabled: false } }, options);
    await app.send(RevokeApiKeyDocument, { id: revoked ?? '' }, options);
    const rotation = dataOf(await app.send(RotateApiKeyDocument, { id: rotating ?? '' }, options)).rotateApiKey;
    await runSql(app.databaseUrl, 'UPDATE api_keys SET expires_at = $2 WHERE id = $1', [expired, app.clock.now()]);
    const filter = { externalIds: [externalId] };
    const statuses = (await list({ filter })).edges.map(({ node }) => [node.id, node.status]);
    expect(Object.fromEntries(statuses)).toEqual({
      [active ?? '']: 'ACTIVE',
      [disabled ?? '']: 'DISABLED',
      [expired ?? '']: 'EXPIRED',
      [revoked ?? '']: 'REVOKED',
      [rotating ?? '']: 'ROTATING',
      [rotation.apiKey.id]: 'ACTIVE',
    });
    for (const status of ['ACTIVE', 'DISABLED', 'EXPIRED', 'REVOKED', 'ROTATING'] as const) {
      const expected = statuses.filter(([, each]) => each === status).map(([id]) => id);
      expect(await idsBy({ ...filter, statuses: [status] })).toEqual(expected);
    }
    expect(await idsBy({ ...filter, statuses: ['EXPIRED', 'REVOKED'] })).toEqual([revoked, expired]);
  });

  test('selects keys by a scope that they grant, also by a pattern', async () => {
    const externalId = newExternalId();
    const [exact, wide, narrow, none] = [
      await newKey({ scopes: ['orders:eu:read'] }, externalId),
      await newKey({ scopes: ['orders:*'] }, externalId),
      await newKey({ scopes: ['orders:eu:*', 'x'] }, externalId),
      await newKey({ scopes: ['orders:eu', 'orders'] }, externalId),
    ].map(({ id }) => id);
    const by = (scope: string) => idsBy({ externalIds: [externalId], scope });
    expect(await by('orders:eu:read')).toEqual([narrow, wide, exact]);
    expect(await by('orders:eu')).toEqual([none, wide]);
    expect(await by('orders')).toEqual([none]);
    expect(await by('orders:*')).toEqual([wide]);
    expect(await by('orders:')).toEqual([]);
  });

  test('selects keys that were not used since a time, and keys that expire', async () => {
    const externalId = newExternalId();
    const [used, unused] = [await newKey({}, externalId), await newKey({}, externalId)];
    app.clock.advanceSeconds(3_600);
    const since = app.clock.now().toISOString();
    const filter = { externalIds: [externalId] };
    expect(await idsBy({ ...filter, unusedSince: since })).toEqual([unused.id, used.id]);
    app.clock.advanceSeconds(1);
    await app.ask(VerifyApiKeyDocument, { input: { key: used.plaintextKey } }, undefined);
    await app.usage.flush();
    const later = await newKey({ expiresAt: new Date(app.clock.now().getTime() + 86_400_000).toISOString() }, externalId);
    expect(await idsBy({ ...filter, unusedSince: since })).toEqual([unused.id]);
    expect(await idsBy({ ...filter, unusedSince: app.clock.now().toISOString() })).toEqual([unused.id, used.id]);
    expect(await idsBy({ ...filter, expiresBefore: new Date(app.clock.now().getTime() + 86_400_001).toISOString() })).toEqual([later.id]);
    expect(await idsBy({ ...filter, expiresBefore: app.clock.now().toISOString() })).toEqual([]);
  });

  test('takes null as absent, and matches nothing by an empty list', async () => {
    await newKey();
    const all = await list({ first: 5 });
    const nulls = { ownerIds: null, externalIds: null, keyPrefixes: null, ids: null, statuses: null, scope: null, unusedSince: null };
    expect(await list({ first: 5, filter: nulls })).toEqual(all);
    expect(await list({ first: 5, filter: null })).toEqual(all);
    for (const name of ['ownerIds', 'externalIds', 'keyPrefixes', 'ids', 'statuses']) {
      expect(await list({ filter: { [name]: [] } })).toMatchObject({ edges: [], pageInfo: { hasNextPage: false } });
    }
  });

  test.each([
    ...['ownerIds', 'externalIds', 'keyPrefixes', 'ids'].map((name) => [`filter.${name}`, { filter: { [name]: Array(101).fill('x') } }]),
    ['filter.statuses', { filter: { statuses: Array(101).fill('ACTIVE') } }],
    ['filter.externalIds.0', { filter: { externalIds: ['\u0000'] } }],
    ['filter.scope', { filter: { scope: 'A B' } }],
    ['first', { first: 0 }],
    ['after', { after: 'x' }],
  ] as [string, ApiKeysQueryVariables][])('G9: rejects an invalid %s', async (path, variables) => {
    const [error] = (await send(variables)).errors;
    expect(error?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] });
  });

  test('accepts every time that a timestamp can state', async () => {
    for (const time of ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z']) {
      for (const name of ['createdBefore', 'createdAfter', 'expiresBefore', 'unusedSince']) {
        expect((await send({ filter: { [name]: time } })).errors).toEqual([]);
      }
    }
  });

  test('examines at most 20,000 keys for a page, and continues after them', async () => {
    const other = await startTestApp();
    const { token } = await newService(other, ['keys:read']);
    await runSql(
      other.databaseUrl,
      `INSERT INTO users (id, external_id, created_at) SELECT ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'owner-' || n, now()
       FROM generate_series(0, 2) AS n`,
    );
    await runSql(
      other.databaseUrl,
      `INSERT INTO api_keys (id, user_id, key_prefix, hashed_key, created_at, revoked_at, enabled)
       SELECT gen_random_uuid(), ('00000000-0000-7000-8000-00000000000' || CASE n WHEN 0 THEN 2 ELSE n % 2 END)::uuid, 'amos_' || lpad(to_hex(n), 8, '0'), 'x', to_timestamp(n),
         CASE WHEN n IN (0, 1, 10000) THEN now() END, true FROM generate_series(0, 20002) AS n`,
    );
    const page = async (variables: ApiKeysQueryVariables) => (await other.ask(ApiKeysDocument, variables, token)).apiKeys;
    const all = async (first: number, filter: ApiKeysQueryVariables['filter']) => {
      const seen: string[][] = [];
      for (let after: string | null = null, more = true; more; ) {
        const part = await page({ first, after, filter });
        seen.push(part.edges.map(({ node }) => node.keyPrefix));
        [after, more] = [part.pageInfo.endCursor, part.pageInfo.hasNextPage];
      }
      return seen;
    };
    const revoked = { statuses: ['REVOKED' as const] };
    expect(await all(20, revoked)).toEqual([['amos_00002710'], ['amos_00000001', 'amos_00000000']]);
    // The key of the third owner is the oldest, and comes after those of the others that the first page did not examine.
    const externalIds = ['owner-0', 'owner-1', 'owner-2'];
    expect((await all(20, { ...revoked, externalIds })).flat()).toEqual(['amos_00002710', 'amos_00000001', 'amos_00000000']);
    const newest = Array.from({ length: 502 }, (_, n) => `amos_${(20_002 - n).toString(16).padStart(8, '0')}`);
    expect((await all(100, { externalIds, createdAfter: '1970-01-01T05:25:00Z' })).flat()).toEqual(newest);
    await other.close();
  }, 60_000);

  test('reads each page by an index', async () => {
    const { id, keyPrefix, externalId } = await newKey();
    const after = (await list({ first: 1 })).pageInfo.endCursor;
    const cases: [ApiKeysQueryVariables, string][] = [
      [{}, 'api_keys_created_at_id_idx'],
      [{ after, filter: { statuses: ['REVOKED'] } }, 'api_keys_created_at_id_idx'],
      [{ filter: { externalIds: [externalId] } }, 'api_keys_user_id_created_at_id_idx'],
      [{ filter: { ids: [id] } }, 'api_keys_pkey'],
      [{ filter: { keyPrefixes: [keyPrefix] } }, 'api_keys_key_prefix_key'],
      [{ filter: { unusedSince: '2030-01-01T00:00:00Z' } }, 'api_key_usage_pkey'],
    ];
    for (const [variables, index] of cases) {
      const queries = await queriesOf(app, () => list(variables));
      const plan = await planOf(
        app.databaseUrl,
        queries.find((sql) => /FROM api_keys/.test(sql) && /AS at/.test(sql)),
      );
      expect(plan).toContain(index);
      expect(plan).not.toContain('Seq Scan on api_keys');
    }
  });
});
