import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  CreateApiKeyDocument,
  RevokeApiKeyDocument,
  RotateApiKeyDocument,
  type TypedDocumentString,
  UpdateApiKeyDocument,
} from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { insertEndpoint, noticesOf } from '../support/notices.js';
import { actingFor, newService, type TestService } from '../support/services.js';
import { startReplicas, type TestApp } from '../support/test-app.js';

const DAY_SECONDS = 86_400;

let app: TestApp;
let other: TestApp;
let service: TestService;
beforeEach(async () => {
  [app, other] = await startReplicas();
  service = await newService(app, ['users:act']);
});
afterEach(async () => {
  await Promise.all([app.close(), other.close()]);
});

const inDays = (days: number) => new Date(app.clock.now().getTime() + days * DAY_SECONDS * 1_000);
/** Sends a document for a user of the product. The service token has no expiry, unlike the session of a user. */
async function ask<Data, Variables>(document: TypedDocumentString<Data, Variables>, variables: Variables, userId = 'ada'): Promise<Data> {
  const { data, errors } = await app.send(document, variables, actingFor(service, userId));
  expect(errors).toEqual([]);
  return data as Data;
}
const newKey = async (expiresAt: Date | null, userId = 'ada'): Promise<string> =>
  (await ask(CreateApiKeyDocument, { input: { expiresAt: expiresAt?.toISOString() ?? null } }, userId)).createApiKey.apiKey.id;
/** Searches on both replicas at once, as after a pause of `days`. */
async function runAfter(days: number): Promise<void> {
  app.clock.advanceSeconds(days * DAY_SECONDS);
  await Promise.all([app.noticeJob.run(), other.noticeJob.run()]);
}
const seen = async () => (await noticesOf(app)).map(({ keyId, type, days }) => [keyId, days ?? type]);
const newPolicy = async (name: string, lifetimeDays: number) =>
  runSql(app.databaseUrl, `INSERT INTO policies (id, name, key_lifetime_days_max, created_at) VALUES (gen_random_uuid(), $1, $2, now())`, [
    name,
    lifetimeDays,
  ]);

describe('notices about the expiry of keys', () => {
  beforeEach(() => insertEndpoint(app, app.clock.now()));

  test('E6: two replicas send each notice once, on its day, with the key and its owner', async () => {
    const expiresAt = inDays(20);
    const id = await newKey(expiresAt);
    await runAfter(5.9);
    expect(await seen()).toEqual([]);
    for (let day = 6; day <= 22; day += 1) await runAfter(1);
    expect(await noticesOf(app)).toEqual([
      ...[14, 7, 1].map((days) => ({ type: 'api_key.expiring', keyId: id, days, expiry: expiresAt.toISOString() })),
      { type: 'api_key.expired', keyId: id, days: null, expiry: expiresAt.toISOString() },
    ]);
    const [event] = await runSql<{ data: object }>(app.databaseUrl, `SELECT data FROM webhook_events WHERE type = 'api_key.expired'`);
    expect(event?.data).toMatchObject({ actor: 'server', owner: { externalId: 'ada' }, apiKey: { id } });
  });

  test('E6: after a pause of days, only the nearest notice is sent', async () => {
    const [soon, sooner, over] = [await newKey(inDays(25)), await newKey(inDays(21)), await newKey(inDays(15))];
    await runAfter(0);
    await runAfter(20);
    // The keys have one owner. Each replica leaves out an owner that the other one has locked, until its next search.
    await runAfter(0);
    expect((await seen()).sort()).toEqual(
      [
        [soon, 7],
        [sooner, 1],
        [over, 'api_key.expired'],
      ].sort(),
    );
  });

  test('a notice with a time before the creation of the key, or before the last change of its expiry, is skipped', async () => {
    const id = await newKey(inDays(5));
    await runAfter(0.1);
    expect(await seen()).toEqual([]);
    await runAfter(3.95);
    expect(await seen()).toEqual([[id, 1]]);
    await ask(UpdateApiKeyDocument, { id, input: { expiresAt: inDays(10).toISOString() } });
    await runAfter(0.1);
    expect(await seen()).toEqual([[id, 1]]);
    await runAfter(3);
    expect(await seen()).toEqual([
      [id, 1],
      [id, 7],
    ]);
  });

  test('a new expiry arms the notices again, and the old expiry causes no more', async () => {
    const id = await newKey(inDays(16));
    await runAfter(0);
    await runAfter(2.5);
    await ask(UpdateApiKeyDocument, { id, input: { expiresAt: inDays(30).toISOString() } });
    await runAfter(7);
    expect(await seen()).toEqual([[id, 14]]);
    await runAfter(9.5);
    expect(await seen()).toEqual([
      [id, 14],
      [id, 14],
    ]);
    await ask(UpdateApiKeyDocument, { id, input: { expiresAt: null } });
    await runAfter(40);
    expect(await seen()).toEqual([
      [id, 14],
      [id, 14],
    ]);
  });

  test('a rotated key sends `expired` alone, also without a grace period; a revoked key sends nothing', async () => {
    const [rotated, ended, revoked] = [await newKey(inDays(20)), await newKey(inDays(20)), await newKey(inDays(20))];
    const rotate = (id: string, gracePeriodSeconds: number) =>
      ask(RotateApiKeyDocument, { id, input: { gracePeriodSeconds, expiresAt: null } });
    await rotate(rotated, 10 * DAY_SECONDS);
    await rotate(ended, 0);
    await ask(RevokeApiKeyDocument, { id: revoked });
    await runAfter(0);
    expect(await seen()).toEqual([[ended, 'api_key.expired']]);
    for (let day = 1; day <= 11; day += 1) await runAfter(1);
    expect(await seen()).toEqual([
      [ended, 'api_key.expired'],
      [rotated, 'api_key.expired'],
    ]);
  });

  test('notices go by the lifetime that the policy of the owner permits, of created and imported keys', async () => {
    const [limited, shorter] = [await newKey(null), await newKey(inDays(25))];
    const imported = await newKey(null);
    await runSql(app.databaseUrl, `UPDATE api_keys SET created_at = created_at - interval '100 days', imported_at = $2 WHERE id = $1`, [
      imported,
      inDays(0),
    ]);
    await runAfter(0);
    await newPolicy('default', 30);
    await runAfter(16.5);
    expect((await seen()).sort()).toEqual(
      [
        [imported, 14],
        [limited, 14],
        [shorter, 14],
      ].sort(),
    );
    // The policy permits more now, so the expiry of two keys is 30 days later, and their notices are sent again.
    await runSql(app.databaseUrl, 'UPDATE policies SET key_lifetime_days_max = 60');
    await runAfter(10);
    expect((await seen()).slice(3)).toEqual([[shorter, 'api_key.expired']]);
    await runAfter(20);
    expect((await seen()).slice(4).sort()).toEqual(
      [
        [imported, 14],
        [limited, 14],
      ].sort(),
    );
    const [policy] = await runSql<{ id: string }>(
      app.databaseUrl,
      `INSERT INTO policies (id, name, created_at) VALUES (gen_random_uuid(), 'unlimited', now()) RETURNING id`,
    );
    await runSql(app.databaseUrl, 'UPDATE users SET policy_id = $1', [policy?.id]);
    await runAfter(30);
    expect(await seen()).toHaveLength(6);
  });

  test('a notice of a user that another transaction has locked is sent later, and delays no other user', async () => {
    const [id, unlocked] = [await newKey(inDays(1)), await newKey(inDays(1), 'grace')];
    await runAfter(0);
    await app.database.$transaction(async (transaction) => {
      await transaction.$queryRaw`SELECT id FROM users WHERE external_id = 'ada' FOR NO KEY UPDATE`;
      app.clock.advanceSeconds(DAY_SECONDS);
      await other.noticeJob.run();
      expect(await seen()).toEqual([[unlocked, 'api_key.expired']]);
    });
    await runAfter(3);
    expect(await seen()).toEqual([
      [unlocked, 'api_key.expired'],
      [id, 'api_key.expired'],
    ]);
  });

  test('E6, F8: an event that cannot be written leaves no marker, and is written by the next search', async () => {
    const id = await newKey(inDays(1));
    await runAfter(0);
    await runSql(app.databaseUrl, `ALTER TABLE webhook_events ADD CONSTRAINT broken CHECK (type <> 'api_key.expired')`);
    await runAfter(1);
    // The replica that did not lock the owner in time leaves the key out, and its search does not fail.
    expect(app.logs() + other.logs()).toContain('search for webhook notices failed');
    expect(await runSql(app.databaseUrl, 'SELECT FROM webhook_notices')).toEqual([]);
    await runSql(app.databaseUrl, 'ALTER TABLE webhook_events DROP CONSTRAINT broken');
    await runAfter(2);
    expect(await seen()).toEqual([[id, 'api_key.expired']]);
  });
});

test('E6: without any endpoint, the search writes nothing, and a later endpoint receives nothing about the time before it', async () => {
  const [first, second] = [await newKey(inDays(1)), await newKey(inDays(3))];
  await runAfter(1.5);
  expect(await runSql(app.databaseUrl, 'SELECT name FROM webhook_scans UNION ALL SELECT kind FROM webhook_notices')).toEqual([]);
  app.clock.advanceSeconds(3_600);
  await insertEndpoint(app, app.clock.now());
  await runAfter(0);
  await runAfter(2);
  expect(await seen()).toEqual([[second, 'api_key.expired']]);
  expect(first).not.toBe(second);
});
