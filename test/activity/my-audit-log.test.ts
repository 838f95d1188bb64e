import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import {
  ApiKeyDocument,
  ChangePasswordDocument,
  CreateApiKeyDocument,
  MyAuditLogDocument,
  type MyAuditLogQuery,
  RefreshSessionDocument,
  RevokeApiKeyDocument,
  RotateApiKeyDocument,
  SignInDocument,
  SignOutDocument,
  UpdateApiKeyDocument,
} from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { dataOf, newKey } from '../support/doors.js';
import { eventually } from '../support/eventually.js';
import { queriesOf } from '../support/queries.js';
import { codesOf, PASSWORD, PATIENT, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ ...PATIENT, logQueries: true });
});
afterAll(() => app.close());

type Event = MyAuditLogQuery['myAuditLog']['edges'][number]['node'];

const log = async (token: string, on = app): Promise<Event[]> =>
  (await on.ask(MyAuditLogDocument, { first: 100 }, token)).myAuditLog.edges.map(({ node }) => node);
const actions = async (token: string, on = app) => (await log(token, on)).map(({ action }) => action);
const newest = async (token: string) => (await log(token))[0];

describe('myAuditLog', () => {
  test('L2: returns the action, time, address and user agent of each event, newest first', async () => {
    const { user } = await app.newUser('ada@example.com');
    const from = { ipAddress: '2001:db8::7', headers: { 'user-agent': 'browser/1.0' } };
    const credentials = { email: user.email, password: PASSWORD };
    app.clock.advanceSeconds(60);
    await app.send(SignInDocument, { input: { ...credentials, password: 'wrong wrong wrong' } }, from);
    app.clock.advanceSeconds(60);
    const { accessToken } = dataOf(await app.send(SignInDocument, { input: credentials }, from)).signIn;
    // The failed sign-in is recorded after its response.
    await eventually(async () => expect(await log(accessToken)).toHaveLength(3), { withinMs: 10_000 });
    const events = await log(accessToken);
    const at = (secondsAgo: number) => new Date(app.clock.now().getTime() - secondsAgo * 1_000).toISOString();
    const common = { details: {}, apiKey: null, actor: 'user' };
    const [ipAddress, userAgent] = ['2001:db8::7', 'browser/1.0'];
    expect(events.map(({ id: _id, ...event }) => event)).toEqual([
      { ...common, action: 'USER_SIGNED_IN', at: at(0), ipAddress, userAgent },
      { ...common, action: 'USER_SIGN_IN_FAILED', at: at(60), ipAddress, userAgent },
      { ...common, action: 'USER_SIGNED_UP', at: at(120), ipAddress: '127.0.0.1', userAgent: 'lightMyRequest' },
    ]);
  });

  test('L2: records every change of a key, with the changed fields', async () => {
    const { id, key, token } = await newKey(app, { name: 'private plans', scopes: ['a'] });
    const keyPrefix = key.slice(0, 13);
    const apiKey = { id, keyPrefix };
    expect(await newest(token)).toMatchObject({ action: 'API_KEY_CREATED', apiKey, details: { keyPrefix } });

    const input = { name: 'even more private', scopes: ['a', 'b'], rateLimit: { limit: 1, windowSeconds: 2 }, metadata: { notes: 'x' } };
    await app.ask(UpdateApiKeyDocument, { id, input }, token);
    expect(await newest(token)).toMatchObject({
      action: 'API_KEY_UPDATED',
      apiKey,
      details: {
        keyPrefix,
        changed: ['name', 'scopes', 'rateLimit', 'metadata'],
        before: { scopes: ['a'], rateLimit: null },
        after: { scopes: ['a', 'b'], rateLimit: { limit: 1, windowSeconds: 2 } },
      },
    });

    const { rotateApiKey } = await app.ask(RotateApiKeyDocument, { id, input: { gracePeriodSeconds: 5 } }, token);
    expect(await newest(token)).toMatchObject({
      action: 'API_KEY_ROTATED',
      apiKey,
      details: {
        keyPrefix,
        replacedBy: { id: rotateApiKey.apiKey.id, keyPrefix: rotateApiKey.apiKey.keyPrefix },
        expiresAt: rotateApiKey.replaced.expiresAt,
      },
    });

    await app.ask(RevokeApiKeyDocument, { id, reason: 'leaked on a private page' }, token);
    expect(await newest(token)).toMatchObject({ action: 'API_KEY_REVOKED', apiKey, details: { keyPrefix } });
    // Free text is not recorded, because it cannot be removed from an append-only log.
    expect(JSON.stringify(await log(token))).not.toMatch(/private|notes/);
  });

  test('records no event if nothing changed', async () => {
    const { id, token } = await newKey(app);
    await app.ask(RevokeApiKeyDocument, { id }, token);
    const before = await actions(token);
    await app.ask(RevokeApiKeyDocument, { id }, token);
    const other = await newKey(app);
    await app.ask(UpdateApiKeyDocument, { id: other.id, input: {} }, other.token);
    expect(await actions(token)).toEqual(before);
    expect(await actions(other.token)).toEqual(['API_KEY_CREATED', 'USER_SIGNED_UP']);
  });

  test('L2: records sign-outs, password changes and reused refresh tokens', async () => {
    const { user, accessToken } = await app.newUser();
    const first = await app.ask(SignInDocument, { input: { email: user.email, password: PASSWORD } }, undefined);
    await app.ask(SignOutDocument, { refreshToken: first.signIn.refreshToken }, undefined);
    await app.ask(SignOutDocument, { refreshToken: first.signIn.refreshToken }, undefined);
    const input = { currentPassword: PASSWORD, newPassword: `${PASSWORD} indeed` };
    const { changePassword } = await app.ask(ChangePasswordDocument, { input }, accessToken);
    expect(await actions(changePassword.accessToken)).toEqual(['PASSWORD_CHANGED', 'USER_SIGNED_OUT', 'USER_SIGNED_IN', 'USER_SIGNED_UP']);

    const { refreshToken } = changePassword;
    await app.ask(RefreshSessionDocument, { refreshToken }, undefined);
    expect(codesOf(await app.send(RefreshSessionDocument, { refreshToken }))).toEqual(['CONFLICT']);
    app.clock.advanceSeconds(11);
    expect(codesOf(await app.send(RefreshSessionDocument, { refreshToken }))).toEqual(['UNAUTHENTICATED']);
    const again = await app.ask(SignInDocument, { input: { email: user.email, password: input.newPassword } }, undefined);
    expect((await actions(again.signIn.accessToken)).slice(0, 2)).toEqual(['USER_SIGNED_IN', 'SESSION_REUSE_DETECTED']);
  });

  test('L2: records access to another user’s key in the log of the caller, without details of the key', async () => {
    const [owner, stranger] = [await newKey(app), await newKey(app)];
    const before = await actions(owner.token);
    expect(codesOf(await app.send(ApiKeyDocument, { id: owner.id }, { token: stranger.token }))).toEqual(['FORBIDDEN']);
    expect(codesOf(await app.send(RevokeApiKeyDocument, { id: owner.id }, { token: stranger.token }))).toEqual(['FORBIDDEN']);
    const events = await log(stranger.token);
    expect(events[0]).toMatchObject({ action: 'ACCESS_REFUSED', apiKey: null, details: { apiKeyId: owner.id } });
    expect(JSON.stringify(events)).not.toContain(owner.key.slice(0, 13));
    expect(await actions(owner.token)).toEqual(before);
  });

  test('A12: records one rejected access per user, key and minute, writes one log line for it, and counts the repetitions', async () => {
    const [owner, other, stranger] = [await newKey(app), await newKey(app), await newKey(app)];
    const aliases = Array.from({ length: 10 }, (_, index) => `a${index}: apiKey(id: "${owner.id}") { id }`).join(' ');
    const logged = () =>
      app
        .logs()
        .split('\n')
        .filter((line) => line.includes('another user rejected') && line.includes(owner.id)).length;
    for (let count = 0; count < 3; count += 1) await app.send(`{ ${aliases} }`, {}, { token: stranger.token });
    await app.send(ApiKeyDocument, { id: other.id }, { token: stranger.token });
    const rejections = async () =>
      (await log(stranger.token)).filter(({ action }) => action === 'ACCESS_REFUSED').map(({ details }) => details);
    expect(await rejections()).toEqual([{ apiKeyId: other.id }, { apiKeyId: owner.id }]);
    expect(logged()).toBe(1);
    app.clock.advanceSeconds(61);
    await app.send(`{ ${aliases} }`, {}, { token: stranger.token });
    expect((await rejections())[0]).toEqual({ apiKeyId: owner.id, repeated: 29 });
    expect(logged()).toBe(2);
  });

  test('records no event for a failed sign-in with an unknown email address', async () => {
    const count = () => runSql<{ count: string }>(app.databaseUrl, 'SELECT count(*) FROM audit_events');
    const before = await count();
    const input = { email: 'nobody@example.com', password: 'wrong wrong wrong' };
    expect(codesOf(await app.send(SignInDocument, { input }))).toEqual(['INVALID_CREDENTIALS']);
    expect(await count()).toEqual(before);
  });

  test('A4: does not delay the response to a failed sign-in until its event is written, which would reveal the account', async () => {
    const { user, accessToken } = await app.newUser();
    const holder = new pg.Client({ connectionString: app.databaseUrl });
    await holder.connect();
    await holder.query('BEGIN; LOCK TABLE audit_events IN EXCLUSIVE MODE');
    const input = { email: user.email, password: 'wrong wrong wrong' };
    expect(codesOf(await app.send(SignInDocument, { input }))).toEqual(['INVALID_CREDENTIALS']);
    expect(await actions(accessToken)).toEqual(['USER_SIGNED_UP']);
    await holder.query('COMMIT');
    await holder.end();
    const written = async () => expect(await actions(accessToken)).toEqual(['USER_SIGN_IN_FAILED', 'USER_SIGNED_UP']);
    await eventually(written, { withinMs: 10_000 });
  });

  test('returns every event once and in order over all pages, and reads the keys of a page with one query', async () => {
    const { id, token } = await newKey(app);
    for (let count = 0; count < 7; count += 1) {
      await app.ask(UpdateApiKeyDocument, { id, input: { name: `n${count}` } }, token);
      if (count % 3 === 0) app.clock.advanceSeconds(1);
    }
    const all = await log(token);
    expect(all).toHaveLength(9);
    for (const first of [1, 4, 9, 10]) {
      const seen: Event[] = [];
      for (let after: string | null | undefined = null; ; ) {
        const { myAuditLog }: MyAuditLogQuery = await app.ask(MyAuditLogDocument, { first, after: after ?? null }, token);
        seen.push(...myAuditLog.edges.map(({ node }) => node));
        after = myAuditLog.pageInfo.endCursor;
        if (!myAuditLog.pageInfo.hasNextPage) break;
        // An event that is added between two pages does not shift the next page.
        if (first === 4) await app.send(ApiKeyDocument, { id: (await newKey(app)).id }, { token });
      }
      expect(seen.filter(({ action }) => action !== 'ACCESS_REFUSED')).toEqual(all);
    }
    expect(await queriesOf(app, () => log(token))).toHaveLength(3); // session with user, events, keys
  });

  test.each([-1, 0, 101, 1_000_000_000])('G9: rejects first: %i', async (first) => {
    const { accessToken } = await app.newUser();
    const answer = await app.send(MyAuditLogDocument, { first }, { token: accessToken });
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'first' }] });
  });

  test('K6: returns BAD_USER_INPUT for another user’s cursor', async () => {
    const [owner, stranger] = [await newKey(app), await newKey(app)];
    const { myAuditLog } = await app.ask(MyAuditLogDocument, { first: 1 }, owner.token);
    const after = myAuditLog.edges[0]?.cursor ?? '';
    expect(codesOf(await app.send(MyAuditLogDocument, { after }, { token: stranger.token }))).toEqual(['BAD_USER_INPUT']);
    expect(codesOf(await app.send(MyAuditLogDocument, { after }, { token: owner.token }))).toEqual([]);
  });

  test('truncates a user agent to 300 characters', async () => {
    const { user } = await app.newUser();
    const headers = { 'user-agent': `${'x'.repeat(400)}` };
    const input = { email: user.email, password: PASSWORD };
    const { signIn } = dataOf(await app.send(SignInDocument, { input }, { headers }));
    expect((await newest(signIn.accessToken))?.userAgent).toBe('x'.repeat(300));
  });

  test('omits an event with an action that only a newer version knows', async () => {
    const { user, accessToken } = await app.newUser();
    const insert = `INSERT INTO audit_events (id, user_id, at, action) VALUES (gen_random_uuid(), $1, now(), 'SOMETHING_NEW')`;
    await runSql(app.databaseUrl, insert, [user.id]);
    expect(await actions(accessToken)).toEqual(['USER_SIGNED_UP']);
  });
});

describe('the audit log', () => {
  test.each(["UPDATE audit_events SET details = '{}'", 'DELETE FROM audit_events', 'TRUNCATE audit_events'])(
    'is append-only: %s fails',
    async (statement) => {
      const { accessToken } = await app.newUser();
      await expect(runSql(app.databaseUrl, statement)).rejects.toThrow('audit_events is append-only');
      expect(await actions(accessToken)).toEqual(['USER_SIGNED_UP']);
    },
  );

  test('F8: rolls back a change if its event cannot be written', async () => {
    const broken = await startTestApp();
    const created = await newKey(broken, { name: 'as it was' });
    const { id, token } = created;
    await runSql(
      broken.databaseUrl,
      `CREATE FUNCTION reject_event() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room'; END; $$;
       CREATE TRIGGER reject_event BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION reject_event()`,
    );
    const tables = () =>
      Promise.all(['users', 'api_keys', 'audit_events'].map((table) => runSql(broken.databaseUrl, `SELECT * FROM ${table} ORDER BY id`)));
    const sessions = () => runSql(broken.databaseUrl, 'SELECT id, ended_at FROM sessions');
    const before = [await tables(), await sessions()];
    const credentials = { email: 'late@example.com', password: PASSWORD };
    const email = (await broken.ask<{ me: { email: string } }, object>('{ me { email } }' as never, {}, token)).me.email;
    const answers = [
      await broken.send(CreateApiKeyDocument, {}, { token }),
      await broken.send(UpdateApiKeyDocument, { id, input: { name: 'changed' } }, { token }),
      await broken.send(RotateApiKeyDocument, { id }, { token }),
      await broken.send(RevokeApiKeyDocument, { id }, { token }),
      await broken.send('mutation ($input: SignUpInput!) { signUp(input: $input) { accessToken } }', { input: credentials }),
      await broken.send(SignInDocument, { input: { email, password: PASSWORD } }),
      await broken.send(ChangePasswordDocument, { input: { currentPassword: PASSWORD, newPassword: `${PASSWORD}!` } }, { token }),
    ];
    expect(answers.map(codesOf)).toEqual(Array(answers.length).fill(['INTERNAL_SERVER_ERROR']));
    expect(answers.some(({ text }) => /no room|audit_events/.test(text))).toBe(false);
    expect([await tables(), await sessions()]).toEqual(before);
    // A request that changes nothing still gets its response, and the failure is logged.
    const wrong = { email, password: 'wrong wrong wrong' };
    expect(codesOf(await broken.send(SignInDocument, { input: wrong }))).toEqual(['INVALID_CREDENTIALS']);
    await broken.close();
    expect(broken.logs()).toContain('audit event could not be written');
  });
});
