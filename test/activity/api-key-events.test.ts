import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  ApiKeyEventsDocument,
  type ApiKeyEventsQuery,
  CreateApiKeyDocument,
  MyApiKeysWithEventsDocument,
  RevokeApiKeyDocument,
  RotateApiKeyDocument,
  UpdateApiKeyDocument,
} from '../generated/graphql.js';
import { callerQueries } from '../support/acting-service.js';
import { runSql } from '../support/database.js';
import { newKey } from '../support/doors.js';
import { queriesOf } from '../support/queries.js';
import { planOf } from '../support/query-plan.js';
import { codesOf, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ logQueries: true, env: { MAX_KEYS_PER_USER: '20' } });
});
afterAll(() => app.close());

type Page = NonNullable<ApiKeyEventsQuery['apiKey']>['events'];

async function eventsOf(id: string, token: string, part: { first?: number; after?: string | null } = {}): Promise<Page> {
  const { apiKey } = await app.ask(ApiKeyEventsDocument, { id, first: part.first ?? 20, after: part.after ?? null }, token);
  if (!apiKey) throw new Error('no key');
  return apiKey.events;
}

describe('ApiKey.events', () => {
  test('L2: returns the events of the key alone, newest first', async () => {
    const { id, token } = await newKey(app, { name: 'a' });
    const { createApiKey: other } = await app.ask(CreateApiKeyDocument, {}, token);
    app.clock.advanceSeconds(1);
    await app.ask(UpdateApiKeyDocument, { id, input: { name: 'b' } }, token);
    app.clock.advanceSeconds(1);
    const { rotateApiKey } = await app.ask(RotateApiKeyDocument, { id }, token);
    app.clock.advanceSeconds(1);
    await app.ask(RevokeApiKeyDocument, { id }, token);
    const { edges } = await eventsOf(id, token);
    expect(edges.map(({ node: { action, apiKeyId } }) => [action, apiKeyId])).toEqual(
      ['API_KEY_REVOKED', 'API_KEY_ROTATED', 'API_KEY_UPDATED', 'API_KEY_CREATED'].map((action) => [action, id]),
    );
    expect((await eventsOf(other.apiKey.id, token)).edges.map(({ node: { action } }) => action)).toEqual(['API_KEY_CREATED']);
    expect((await eventsOf(rotateApiKey.apiKey.id, token)).edges).toEqual([]);
  });

  test('returns every event once and in order over all pages', async () => {
    const { id, token } = await newKey(app);
    for (let count = 0; count < 6; count += 1) {
      await app.ask(UpdateApiKeyDocument, { id, input: { name: `n${count}` } }, token);
      if (count % 2 === 0) app.clock.advanceSeconds(1);
    }
    const all = (await eventsOf(id, token)).edges.map(({ node }) => node.id);
    expect(all).toHaveLength(7);
    for (const first of [1, 3, 7]) {
      const seen: string[] = [];
      for (let after: string | null = null, more = true; more; ) {
        const { edges, pageInfo }: Page = await eventsOf(id, token, { first, after });
        expect(pageInfo.hasPreviousPage).toBe(after !== null);
        seen.push(...edges.map(({ node }) => node.id));
        more = pageInfo.hasNextPage;
        after = pageInfo.endCursor ?? null;
      }
      expect(seen).toEqual(all);
    }
  });

  test('reads the events of all keys of a list with one query, in the order of an index', async () => {
    const { token } = await newKey(app);
    for (let count = 1; count < 12; count += 1) await app.ask(CreateApiKeyDocument, {}, token);
    const queries = await queriesOf(app, async () => {
      const { myApiKeys } = await app.ask(MyApiKeysWithEventsDocument, {}, token);
      expect(myApiKeys).toHaveLength(12);
      for (const { id, events } of myApiKeys) expect(events.edges).toEqual([{ node: { action: 'API_KEY_CREATED', apiKeyId: id } }]);
    });
    expect(queries).toHaveLength(3 + callerQueries()); // session with user, policy, keys, events
    await runSql(
      app.databaseUrl,
      `INSERT INTO audit_events (id, user_id, at, action, api_key_id)
       SELECT gen_random_uuid(), gen_random_uuid(), now(), 'API_KEY_UPDATED', gen_random_uuid() FROM generate_series(1, 5000)`,
    );
    await runSql(app.databaseUrl, 'ANALYZE audit_events');
    const plan = await planOf(app.databaseUrl, queries.at(-1));
    expect(plan).toContain('Index Scan using audit_events_api_key_id_at_id_idx');
    expect(plan).not.toContain('Seq Scan');
  });

  test('G3: counts the events of each key, so that a list of keys with many events each is rejected', async () => {
    const { token } = await newKey(app);
    const fields = 'id at action userId apiKeyId ipAddress userAgent details';
    const answer = await app.send(`{ myApiKeys { events(first: 100) { edges { cursor node { ${fields} } } } } }`, {}, { token });
    expect(codesOf(answer)).toEqual(['GRAPHQL_VALIDATION_FAILED']);
  });

  test('K6: rejects the cursor of another key', async () => {
    const [one, other] = [await newKey(app), await newKey(app)];
    const after = (await eventsOf(other.id, other.token)).pageInfo.endCursor ?? '';
    const answer = await app.send(ApiKeyEventsDocument, { id: one.id, after }, { token: one.token });
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'after' }] });
  });

  test.each([0, 101])('G9: rejects first: %i', async (first) => {
    const { id, token } = await newKey(app);
    expect(codesOf(await app.send(ApiKeyEventsDocument, { id, first }, { token }))).toEqual(['BAD_USER_INPUT']);
  });
});
