import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { CreateApiKeyDocument, MyAuditLogDocument, SignInDocument } from '../generated/graphql.js';
import { codesOf, type NewUser, PASSWORD, PATIENT, startTestApp, type TestApp } from '../support/test-app.js';

const HASH_MS = 3_500;

const WAITING = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

let app: TestApp;
let user: NewUser;
let holder: pg.Client;
beforeEach(async () => {
  // No timeout of the database ends the wait for the lock.
  app = await startTestApp(PATIENT);
  user = await app.newUser();
  holder = new pg.Client({ connectionString: app.databaseUrl });
  await holder.connect();
});
afterEach(async () => {
  await holder.end();
  await app.close();
});

const createApiKey = () => app.send(CreateApiKeyDocument, {}, { token: user.accessToken });
const signIn = () => app.send(SignInDocument, { input: { email: user.user.email, password: PASSWORD } });
const actions = async () =>
  (await app.ask(MyAuditLogDocument, { first: 10 }, user.accessToken)).myAuditLog.edges.map(({ node }) => node.action);

describe('F2: a request that waits for the database after a hash of 3.5 s', () => {
  test.each([
    ['createApiKey', createApiKey, 'API_KEY_CREATED'],
    ['signIn', signIn, 'USER_SIGNED_IN'],
  ] as const)('%s: ends before the database answers, and its transaction is rolled back', async (_operation, send, action) => {
    const before = await actions();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [user.user.id]);
    for (const queue of [app.hashes, app.keyHashes]) queue.onResult = () => sleep(HASH_MS);
    const ended = await send();
    expect([ended.status, codesOf(ended)]).toEqual([503, ['SERVICE_UNAVAILABLE']]);
    expect((await holder.query(WAITING)).rowCount).toBe(1);
    for (const queue of [app.hashes, app.keyHashes]) queue.onResult = () => undefined;
    await holder.query('ROLLBACK');
    // Keyward runs the changes of a user one after another, so this one comes after the rollback.
    expect(codesOf(await send())).toEqual([]);
    expect(await actions()).toEqual([action, ...before]);
  });
});
