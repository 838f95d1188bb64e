import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import {
  type ApiKeyFilter,
  RevokeApiKeyDocument,
  RevokeApiKeysDocument,
  type RevokeApiKeysMutationVariables,
  UpdateApiKeyDocument,
  VerifyApiKeyDocument,
} from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { dataOf } from '../support/doors.js';
import { eventually } from '../support/eventually.js';
import { keyMaker } from '../support/managed-keys.js';
import { actingFor, newExternalId, newService, type TestService } from '../support/services.js';
import { codesOf, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let writer: TestService;
let newKey: Awaited<ReturnType<typeof keyMaker>>;
beforeAll(async () => {
  app = await startTestApp();
  writer = await newService(app, ['keys:write'], { name: 'writer' });
  newKey = await keyMaker(app);
});
afterAll(() => app.close());

const send = (variables: RevokeApiKeysMutationVariables, { token } = writer) =>
  app.send(RevokeApiKeysDocument, variables, { token, headers: { 'x-keyward-actor': 'ada' } });
const revoke = async (variables: RevokeApiKeysMutationVariables) => dataOf(await send(variables)).revokeApiKeys;

const usable = async () => {
  const sql = 'SELECT count(*)::int AS count FROM api_keys WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $1)';
  return (await runSql<{ count: number }>(app.databaseUrl, sql, [app.clock.now()]))[0]?.count;
};

/** Creates owners with keys directly in the database. */
async function insertKeys(on: TestApp, { owners, keysEach, prefix }: { owners: number; keysEach: number; prefix: string }): Promise<void> {
  await runSql(
    on.databaseUrl,
    `WITH created AS (
       INSERT INTO users (id, external_id, created_at) SELECT gen_random_uuid(), $1 || n, to_timestamp(n) FROM generate_series(1, ${owners}) AS n
       RETURNING id, external_id)
     INSERT INTO api_keys (id, user_id, key_prefix, hashed_key, created_at)
     SELECT gen_random_uuid(), id, 'amos_' || substr(md5(external_id || n), 1, 8), 'x', to_timestamp(n)
     FROM created, generate_series(1, ${keysEach}) AS n`,
    [prefix],
  );
}

describe('revokeApiKeys', () => {
  test('S6: revokes every usable key that matches, with its audit event, from the next verification on', async () => {
    const externalId = newExternalId();
    const keys = [await newKey({}, externalId), await newKey({}, externalId), await newKey()];
    const [one, disabled, other] = keys;
    await app.send(
      UpdateApiKeyDocument,
      { id: disabled?.id ?? '', input: { enabled: false } },
      actingFor(await newService(app, ['users:act']), externalId),
    );
    const codes = async () =>
      Promise.all(
        keys.map(
          async ({ plaintextKey }) => (await app.ask(VerifyApiKeyDocument, { input: { key: plaintextKey } }, undefined)).verifyApiKey.code,
        ),
      );
    expect(await codes()).toEqual(['VALID', 'DISABLED', 'VALID']);
    const result = await revoke({ filter: { externalIds: [externalId] }, reason: 'leaked' });
    expect(result).toMatchObject({ matched: 2, revoked: 2, complete: true });
    expect(result.sample.map(({ id, status, revokedReason }) => [id, status, revokedReason]).sort()).toEqual(
      [one, disabled].map((key) => [key?.id, 'REVOKED', 'leaked']).sort(),
    );
    expect(await codes()).toEqual(['REVOKED', 'REVOKED', 'VALID']);
    const events = await runSql(
      app.databaseUrl,
      "SELECT api_key_id, details FROM audit_events WHERE action = 'API_KEY_REVOKED' AND api_key_id = ANY($1) ORDER BY at, id",
      [keys.map(({ id }) => id)],
    );
    expect(events).toHaveLength(2);
    expect(events).toContainEqual({ api_key_id: one?.id, details: { keyPrefix: one?.keyPrefix, actor: 'service:writer/ada' } });
    expect(await revoke({ filter: { externalIds: [externalId] } })).toEqual({ matched: 0, revoked: 0, complete: true, sample: [] });
    expect((await revoke({ filter: { ids: [other?.id ?? ''] } })).revoked).toBe(1);
  });

  test('S6: a dry run changes nothing', async () => {
    const externalId = newExternalId();
    const key = await newKey({}, externalId);
    const state = () =>
      Promise.all(['api_keys', 'audit_events'].map((table) => runSql(app.databaseUrl, `SELECT * FROM ${table} ORDER BY id`)));
    const before = await state();
    const result = await revoke({ filter: { externalIds: [externalId] }, dryRun: true });
    expect(result).toMatchObject({ matched: 1, revoked: 0, complete: true, sample: [{ id: key.id, status: 'ACTIVE' }] });
    expect(await state()).toEqual(before);
  });

  test.each([
    ['nothing', {}],
    ['nulls', { ownerIds: null, externalIds: null, keyPrefixes: null, ids: null, statuses: null, scope: null }],
    ['null times', { createdBefore: null, createdAfter: null, expiresBefore: null, unusedSince: null }],
  ] as [string, ApiKeyFilter][])('S6: rejects a filter of %s, also in a dry run, and changes nothing', async (_name, filter) => {
    await newKey();
    const before = await usable();
    for (const dryRun of [false, true]) {
      const [error] = (await send({ filter, dryRun })).errors;
      expect(error?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'filter' }] });
    }
    const literal = `mutation { revokeApiKeys(filter: { ${Object.keys(filter)
      .map((name) => `${name}: null`)
      .join(' ')} }) { revoked } }`;
    expect(codesOf(await app.send(literal, {}, { token: writer.token }))).toEqual(['BAD_USER_INPUT']);
    const absent = 'mutation ($ids: [ID!], $scope: String) { revokeApiKeys(filter: { ids: $ids, scope: $scope }) { revoked } }';
    expect(codesOf(await app.send(absent, {}, { token: writer.token }))).toEqual(['BAD_USER_INPUT']);
    expect(await usable()).toBe(before);
  });

  test('S6: matches nothing by an empty list, by unknown ids and by statuses that are not usable', async () => {
    const { id } = await newKey();
    const before = await usable();
    const filters: ApiKeyFilter[] = [
      ...['ownerIds', 'externalIds', 'keyPrefixes', 'ids', 'statuses'].map((name) => ({ [name]: [] })),
      { ids: [], createdBefore: '2999-01-01T00:00:00Z' },
      { externalIds: ['unknown'] },
      { ownerIds: ['x'] },
      { ids: ['x'] },
      { keyPrefixes: ['x'] },
      { ids: [id], statuses: ['REVOKED', 'EXPIRED'] },
    ];
    for (const filter of filters) {
      expect(await revoke({ filter })).toEqual({ matched: 0, revoked: 0, complete: true, sample: [] });
    }
    expect(await usable()).toBe(before);
  });

  test('G9: rejects a reason that is too long', async () => {
    const { id } = await newKey();
    const [error] = (await send({ filter: { ids: [id] }, reason: 'x'.repeat(501) })).errors;
    expect(error?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'reason' }] });
  });

  test('revokes keys of disabled users', async () => {
    const { id, externalId } = await newKey();
    await runSql(app.databaseUrl, 'UPDATE users SET disabled_at = now() WHERE external_id = $1', [externalId]);
    expect(await revoke({ filter: { ids: [id] } })).toMatchObject({ matched: 1, revoked: 1 });
  });

  test('S6: stops after 4 s with complete: false, continues when called again, and leaves each key whole', async () => {
    const many = await startTestApp();
    const { token } = await newService(many, ['keys:write']);
    await insertKeys(many, { owners: 1_000, keysEach: 5, prefix: 'bulk-' });
    const events = async () => {
      const sql = "SELECT count(*)::int AS count FROM audit_events WHERE action = 'API_KEY_REVOKED'";
      return (await runSql<{ count: number }>(many.databaseUrl, sql))[0]?.count ?? 0;
    };
    const run = async () =>
      dataOf(await many.send(RevokeApiKeysDocument, { filter: { createdBefore: '2999-01-01T00:00:00Z' } }, { token })).revokeApiKeys;
    const first = run();
    await eventually(async () => expect(await events()).toBeGreaterThan(0), { withinMs: 10_000 });
    many.clock.advanceSeconds(5);
    const { matched, revoked, complete, sample } = await first;
    expect({ matched, complete, sample: sample.length }).toEqual({ matched: 5_000, complete: false, sample: Math.min(20, revoked) });
    expect(revoked).toBeGreaterThan(0);
    expect(revoked).toBeLessThan(5_000);
    const whole = `SELECT count(*)::int AS count FROM api_keys k WHERE (revoked_at IS NULL) = EXISTS (
      SELECT FROM audit_events e WHERE e.api_key_id = k.id AND e.action = 'API_KEY_REVOKED')`;
    expect(await runSql(many.databaseUrl, whole)).toEqual([{ count: 0 }]);
    expect(await events()).toBe(revoked);
    const second = await run();
    expect(second).toMatchObject({ matched: 5_000 - revoked, revoked: 5_000 - revoked, complete: true });
    expect(await events()).toBe(5_000);
    expect(await runSql(many.databaseUrl, whole)).toEqual([{ count: 0 }]);
    await many.close();
  }, 120_000);

  test('F3: leaves the keys of a user with a locked row for the next call, and revokes the others', async () => {
    const keys = [await newKey(), await newKey(), await newKey()];
    const ids = keys.map(({ id }) => id);
    const acting = actingFor(await newService(app, ['users:act']), String(keys[1]?.externalId));
    const locker = new pg.Client({ connectionString: app.databaseUrl });
    await locker.connect();
    await locker.query('BEGIN');
    await locker.query('SELECT FROM users WHERE external_id = $1 FOR UPDATE', [keys[1]?.externalId]);
    const startedAt = performance.now();
    const first = await revoke({ filter: { ids } });
    const bulkMs = performance.now() - startedAt;
    const alone = await app.send(RevokeApiKeyDocument, { id: String(ids[1]) }, acting);
    const aloneMs = performance.now() - startedAt - bulkMs;
    await locker.end();
    // A bulk revocation waits shorter for a row than a single one, so that it ends within 5 s.
    expect(codesOf(alone)).toEqual(['SERVICE_UNAVAILABLE']);
    expect(bulkMs).toBeLessThan(aloneMs * 0.8);
    expect(first).toMatchObject({ matched: 3, revoked: 2, complete: false });
    expect(await revoke({ filter: { ids } })).toMatchObject({ matched: 1, revoked: 1, complete: true, sample: [{ id: ids[1] }] });
  });

  test('F8: revokes nothing of a user if an event cannot be written, and reports what was revoked before', async () => {
    const broken = await startTestApp();
    const { token } = await newService(broken, ['keys:write']);
    await insertKeys(broken, { owners: 1, keysEach: 3, prefix: 'broken-' });
    await runSql(
      broken.databaseUrl,
      `CREATE FUNCTION reject_event() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room'; END; $$;
       CREATE TRIGGER reject_event BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION reject_event()`,
    );
    const answer = await broken.send(RevokeApiKeysDocument, { filter: { externalIds: ['broken-1'] } }, { token });
    expect(codesOf(answer)).toEqual(['INTERNAL_SERVER_ERROR']);
    expect(await runSql(broken.databaseUrl, 'SELECT id FROM api_keys WHERE revoked_at IS NOT NULL')).toEqual([]);
    await broken.close();
  });
});
