import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AuditLogDocument, type AuditLogQueryVariables, RevokeApiKeyDocument } from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { dataOf, newKey } from '../support/doors.js';
import { queriesOf } from '../support/queries.js';
import { planOf } from '../support/query-plan.js';
import { newService, type TestService } from '../support/services.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let reader: TestService;
beforeAll(async () => {
  app = await startTestApp({ logQueries: true });
  reader = await newService(app, ['audit:read'], { name: 'reader' });
});
afterAll(() => app.close());

const send = (variables: AuditLogQueryVariables) => app.send(AuditLogDocument, variables, { token: reader.token });
const list = async (variables: AuditLogQueryVariables = {}) => dataOf(await send(variables)).auditLog;
const actionsBy = async (filter: AuditLogQueryVariables['filter']) => (await list({ filter })).edges.map(({ node }) => node.action);

describe('auditLog', () => {
  test('returns the events of all users and those of none in pages, newest first', async () => {
    const { userId, id } = await newKey(app);
    app.clock.advanceSeconds(1);
    const token = await newService(app, ['audit:read']);
    const first = await list({ first: 1 });
    expect(first.edges.map(({ node }) => node)).toMatchObject([
      { action: 'SERVICE_TOKEN_CREATED', actor: 'operator', userId: null, apiKeyId: null, details: { name: token.name } },
    ]);
    const second = await list({ first: 2, after: first.pageInfo.endCursor });
    expect(second.edges.map(({ node }) => node)).toMatchObject([
      { action: 'API_KEY_CREATED', actor: 'user', userId, apiKeyId: id },
      { action: 'USER_SIGNED_UP', actor: 'user', userId, apiKeyId: null },
    ]);
  });

  test('selects events by user, key, action and time', async () => {
    const [one, other] = [await newKey(app), await newKey(app)];
    app.clock.advanceSeconds(60);
    const from = app.clock.now().toISOString();
    await app.ask(RevokeApiKeyDocument, { id: one.id }, one.token);
    expect(await actionsBy({ userId: one.userId })).toEqual(['API_KEY_REVOKED', 'API_KEY_CREATED', 'USER_SIGNED_UP']);
    expect(await actionsBy({ apiKeyId: one.id })).toEqual(['API_KEY_REVOKED', 'API_KEY_CREATED']);
    expect(await actionsBy({ apiKeyId: one.id, userId: one.userId, from })).toEqual(['API_KEY_REVOKED']);
    expect(await actionsBy({ apiKeyId: one.id, userId: other.userId })).toEqual([]);
    expect(await actionsBy({ userId: one.userId, to: from, actions: ['API_KEY_REVOKED', 'USER_SIGNED_UP'] })).toEqual(['USER_SIGNED_UP']);
    for (const filter of [{ actions: [] }, { userId: 'x' }, { apiKeyId: 'x' }]) expect(await actionsBy(filter)).toEqual([]);
    const all = await list();
    expect(await list({ filter: { actions: null, userId: null, apiKeyId: null, from: null, to: null } })).toEqual(all);
  });

  test('G9: rejects too many actions, a cursor of another list and a wrong length', async () => {
    const { token } = await newKey(app);
    const own = await app.send('{ myAuditLog(first: 1) { pageInfo { endCursor } } }', {}, { token });
    const { endCursor } = (dataOf(own) as { myAuditLog: { pageInfo: { endCursor: string } } }).myAuditLog.pageInfo;
    for (const [path, variables] of [
      ['filter.actions', { filter: { actions: Array(101).fill('USER_DELETED') } }],
      ['after', { after: endCursor }],
      ['first', { first: 0 }],
    ] as const) {
      expect((await send(variables)).errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] });
    }
  });

  test('reads each page by an index', async () => {
    const { id, userId } = await newKey(app);
    const after = (await list({ first: 1 })).pageInfo.endCursor;
    const cases: [AuditLogQueryVariables, string][] = [
      [{}, 'audit_events_at_id_idx'],
      [{ after, filter: { actions: ['USER_DELETED'] } }, 'audit_events_at_id_idx'],
      [{ filter: { userId } }, 'audit_events_user_id_at_id_idx'],
      [{ filter: { apiKeyId: id } }, 'audit_events_api_key_id_at_id_idx'],
    ];
    await runSql(app.databaseUrl, 'ANALYZE audit_events');
    for (const [variables, index] of cases) {
      const queries = await queriesOf(app, () => list(variables));
      expect(
        await planOf(
          app.databaseUrl,
          queries.find((sql) => sql.includes('FROM audit_events')),
        ),
      ).toContain(index);
    }
  });
});
