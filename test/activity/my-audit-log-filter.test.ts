import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type AuditFilter,
  MyAuditLogDocument,
  MyAuditLogWithUsersDocument,
  RevokeApiKeyDocument,
  UpdateApiKeyDocument,
} from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { type MadeKey, newKey } from '../support/doors.js';
import { queriesOf } from '../support/queries.js';
import { planOf } from '../support/query-plan.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
/** Signed up and created at the second 0, updated at 10, revoked at 20. */
let key: MadeKey;
let start: Date;
const at = (second: number) => new Date(start.getTime() + second * 1_000).toISOString();

beforeAll(async () => {
  app = await startTestApp({ logQueries: true });
  start = app.clock.now();
  key = await newKey(app, { name: 'a' });
  app.clock.advanceSeconds(10);
  await app.ask(UpdateApiKeyDocument, { id: key.id, input: { name: 'b' } }, key.token);
  app.clock.advanceSeconds(10);
  await app.ask(RevokeApiKeyDocument, { id: key.id }, key.token);
});
afterAll(() => app.close());

const page = async (filter: AuditFilter | null, { token = key.token, first = 50, after = null as string | null } = {}) =>
  (await app.ask(MyAuditLogDocument, { first, after, filter }, token)).myAuditLog;
const found = async (filter: AuditFilter | null, token = key.token) =>
  (await page(filter, { token })).edges.map(({ node: { action } }) => action);

const ALL = ['API_KEY_REVOKED', 'API_KEY_UPDATED', 'API_KEY_CREATED', 'USER_SIGNED_UP'];

/** Inserts old events of a user, a second apart. */
const insertEvents = (userId: string, action: string, count: number, apiKeyId: string | null = null) =>
  runSql(
    app.databaseUrl,
    `INSERT INTO audit_events (id, user_id, at, action, api_key_id)
     SELECT gen_random_uuid(), $1, $2::timestamptz - n * interval '1 s', $3, $5 FROM generate_series(1, $4::int) AS n`,
    [userId, start, action, count, apiKeyId],
  );

describe('myAuditLog(filter)', () => {
  test.each<[string, AuditFilter | null, string[]]>([
    ['no filter', null, ALL],
    ['an empty filter', {}, ALL],
    ['null in every field', { actions: null, apiKeyId: null, userId: null, from: null, to: null }, ALL],
    ['one action', { actions: ['API_KEY_UPDATED'] }, ['API_KEY_UPDATED']],
    [
      'several actions, one twice',
      { actions: ['USER_SIGNED_UP', 'API_KEY_REVOKED', 'USER_SIGNED_UP'] },
      ['API_KEY_REVOKED', 'USER_SIGNED_UP'],
    ],
    ['an empty list of actions', { actions: [] }, []],
    ['an id that is no id', { apiKeyId: 'nope' }, []],
    ['an unknown key', { apiKeyId: '01a20538-5745-77c0-8216-711042d53509' }, []],
    ['a time before every event as the end', { to: '0000-01-01T00:00:00Z' }, []],
    ['a time before every event as the start', { from: '0000-01-01T00:00:00Z' }, ALL],
  ])('returns the matching events for %s', async (_case, filter, expected) => {
    expect(await found(filter)).toEqual(expected);
  });

  test('returns events from its start inclusive to its end exclusive', async () => {
    expect(await found({ from: at(10) })).toEqual(['API_KEY_REVOKED', 'API_KEY_UPDATED']);
    expect(await found({ to: at(10) })).toEqual(['API_KEY_CREATED', 'USER_SIGNED_UP']);
    expect(await found({ from: at(10), to: at(20) })).toEqual(['API_KEY_UPDATED']);
    expect(await found({ from: at(20), to: at(10) })).toEqual([]);
  });

  test('returns the events of one key', async () => {
    const events = (await page({ apiKeyId: key.id })).edges.map(({ node }) => node);
    expect(events.map(({ action }) => action)).toEqual(ALL.slice(0, 3));
    expect(await found({ apiKeyId: key.id, actions: ['API_KEY_CREATED', 'USER_SIGNED_UP'] })).toEqual(['API_KEY_CREATED']);
  });

  test('K6: returns nothing for a key of another user', async () => {
    const stranger = await newKey(app);
    for (const filter of [{ apiKeyId: key.id }, { apiKeyId: key.id, actions: ['API_KEY_CREATED' as const] }]) {
      expect(await page(filter, { token: stranger.token })).toMatchObject({ edges: [], pageInfo: { hasNextPage: false, endCursor: null } });
    }
  });

  test.each<[string, AuditFilter, string]>([
    ['a user', { userId: '01a20538-5745-77c0-8216-711042d53509' }, 'filter.userId'],
    ['101 actions', { actions: Array(101).fill('API_KEY_CREATED') }, 'filter.actions'],
  ])('G9: rejects %s', async (_case, filter, path) => {
    const { errors } = await app.send(MyAuditLogDocument, { filter }, { token: key.token });
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] });
  });

  test('returns every matching event once and in order over all pages', async () => {
    const { user, accessToken } = await app.newUser();
    await insertEvents(user.id, 'API_KEY_UPDATED', 7);
    await insertEvents(user.id, 'USER_SIGNED_IN', 7);
    const filter: AuditFilter = { actions: ['API_KEY_UPDATED'] };
    const all = (await page(filter, { token: accessToken })).edges.map(({ node }) => node.id);
    expect(all).toHaveLength(7);
    const seen: string[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const { edges, pageInfo }: Awaited<ReturnType<typeof page>> = await page(filter, { token: accessToken, first: 3, after });
      seen.push(...edges.map(({ node }) => node.id));
      more = pageInfo.hasNextPage;
      after = pageInfo.endCursor ?? null;
    }
    expect(seen).toEqual(all);
  });

  test('examines at most 20,000 events for a page, which is then short, and the next page continues after them', async () => {
    const { user, accessToken: token } = await app.newUser();
    await insertEvents(user.id, 'USER_SIGNED_IN', 20_010);
    await runSql(
      app.databaseUrl,
      `INSERT INTO audit_events (id, user_id, at, action) VALUES (gen_random_uuid(), $1, $2::timestamptz - interval '1 day', 'PASSWORD_CHANGED')`,
      [user.id, start],
    );
    const filter: AuditFilter = { actions: ['PASSWORD_CHANGED'] };
    const first = await page(filter, { token });
    expect(first).toMatchObject({ edges: [], pageInfo: { hasNextPage: true, startCursor: null, endCursor: expect.any(String) } });
    const second = await page(filter, { token, after: first.pageInfo.endCursor ?? null });
    expect(second.edges.map(({ node: { action } }) => action)).toEqual(['PASSWORD_CHANGED']);
    expect(second.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    // A page of frequent events ends before all are examined.
    expect((await page({ actions: ['USER_SIGNED_IN'] }, { token })).edges).toHaveLength(50);
  });

  test('reads the events of a user and of a key from an index in their order, without sorting', async () => {
    await runSql(app.databaseUrl, 'ANALYZE audit_events');
    const userQueries = await queriesOf(app, () => page({ actions: ['API_KEY_UPDATED'] }));
    const keyQueries = await queriesOf(app, () => page({ apiKeyId: key.id }));
    for (const [queries, index] of [
      [userQueries, 'audit_events_user_id_at_id_idx'],
      [keyQueries, 'audit_events_api_key_id_at_id_idx'],
    ] as const) {
      const plan = await planOf(
        app.databaseUrl,
        queries.find((sql) => sql.includes('AS examined')),
      );
      expect(plan).toContain(index);
      expect(plan).not.toMatch(/Seq Scan|Sort/);
    }
  });
});

describe('an event', () => {
  test('names its user and its key, with one query for all users', async () => {
    const { myAuditLog } = await app.ask(MyAuditLogWithUsersDocument, {}, key.token);
    const user = { id: key.userId, email: expect.any(String) };
    expect(myAuditLog.edges.map(({ node }) => node)).toEqual(
      ALL.map((action) => ({ action, userId: key.userId, user, apiKeyId: action === 'USER_SIGNED_UP' ? null : key.id })),
    );
    const queries = await queriesOf(app, () => app.ask(MyAuditLogWithUsersDocument, {}, key.token));
    expect(queries).toHaveLength(3); // session with user, events, users
  });
});
