import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CreateApiKeyDocument } from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { DOORS } from '../support/doors.js';
import { insertEndpoint, noticesOf } from '../support/notices.js';
import { type NewUser, startReplicas, type TestApp } from '../support/test-app.js';

const [verify] = Object.values(DOORS) as [(typeof DOORS)[string]];

let app: TestApp;
let other: TestApp;
let user: NewUser;
beforeEach(async () => {
  [app, other] = await startReplicas();
  user = await app.newUser();
});
afterEach(async () => {
  await Promise.all([app.close(), other.close()]);
});

const newKey = async () => (await app.ask(CreateApiKeyDocument, {}, user.accessToken)).createApiKey;
const noted = () => runSql(app.databaseUrl, 'SELECT key_id FROM api_key_first_uses');
/** Uses a key at both replicas, writes the usage, and searches on both. */
async function use(key: string): Promise<void> {
  await Promise.all([verify(app, { key }), verify(other, { key })]);
  await Promise.all([app.usage.flush(), other.usage.flush()]);
}
const search = () => Promise.all([app.noticeJob.run(), other.noticeJob.run()]);

describe('api_key.first_used', () => {
  test('E6: is sent once for a key that two replicas verify, also hours later', async () => {
    await insertEndpoint(app, app.clock.now());
    const { apiKey, plaintextKey } = await newKey();
    await search();
    expect(await noticesOf(app)).toEqual([]);
    await use(plaintextKey);
    await search();
    const first = [{ type: 'api_key.first_used', keyId: apiKey.id, days: null, expiry: null }];
    expect(await noticesOf(app)).toEqual(first);
    app.clock.advanceSeconds(7_200);
    await use(plaintextKey);
    expect(await noted()).toEqual([]);
    await search();
    expect(await noticesOf(app)).toEqual(first);
  });

  test('follows the first successful verification, not a rejected one in the same hour', async () => {
    await insertEndpoint(app, app.clock.now());
    const { apiKey, plaintextKey } = await newKey();
    await runSql(app.databaseUrl, 'UPDATE api_keys SET enabled = false');
    await use(plaintextKey);
    expect(await noted()).toEqual([]);
    await runSql(app.databaseUrl, 'UPDATE api_keys SET enabled = true');
    await use(plaintextKey);
    await search();
    expect((await noticesOf(app)).map(({ keyId }) => keyId)).toEqual([apiKey.id]);
  });

  test('is not sent for a key that was used before there was an endpoint, and nothing is written without one', async () => {
    const { plaintextKey } = await newKey();
    await use(plaintextKey);
    expect(await noted()).toEqual([]);
    await insertEndpoint(app, app.clock.now());
    app.clock.advanceSeconds(3_600);
    // The access token has expired, but a key has not.
    await use(plaintextKey);
    await search();
    expect(await noticesOf(app)).toEqual([]);
  });

  test('a deleted key, and the deletion of the last endpoint, leave nothing to search for', async () => {
    await insertEndpoint(app, app.clock.now());
    const [deleted, kept] = [await newKey(), await newKey()];
    await use(deleted.plaintextKey);
    await use(kept.plaintextKey);
    expect(await noted()).toHaveLength(2);
    await runSql(app.databaseUrl, 'DELETE FROM api_keys WHERE id = $1', [deleted.apiKey.id]);
    await runSql(app.databaseUrl, 'DELETE FROM webhook_endpoints');
    await search();
    expect(await noted()).toEqual([]);
    expect(await noticesOf(app)).toEqual([]);
  });
});
