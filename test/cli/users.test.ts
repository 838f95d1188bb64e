import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CreateApiKeyDocument, MeDocument, MyAuditLogDocument, ResetPasswordDocument, SignInDocument } from '../generated/graphql.js';
import { type CommandResult, runBuiltCommand } from '../support/commands.js';
import { runSql } from '../support/database.js';
import { DOORS, forgetFingerprint, type MadeKey, newKey } from '../support/doors.js';
import { ask, startServer } from '../support/server-process.js';
import { newService } from '../support/services.js';
import { codesOf, PASSWORD, startTestApp, type TestApp } from '../support/test-app.js';
import { TestClock } from '../support/test-clock.js';

const NO_USER = 'There is no user with this id, external id or email address.';
const SECRET = Buffer.alloc(32, 'secret');

let app: TestApp;
beforeAll(async () => {
  // The commands use the real time.
  app = await startTestApp({ appSecrets: [SECRET], clock: new TestClock(new Date().toISOString()) });
});
afterAll(() => app.close());

const run = (command: 'users' | 'keys', args: string[], input?: string): Promise<CommandResult> =>
  runBuiltCommand(command, args, { DATABASE_URL: app.databaseUrl, APP_SECRETS: SECRET.toString('base64') }, input);
const users = (...args: string[]) => run('users', args);
const keys = (...args: string[]) => run('keys', args);
/** Returns what a command prints with --json. Fails if the command fails. */
const runJson = async (group: 'users' | 'keys', ...args: string[]): Promise<Record<string, unknown>[]> => {
  const { code, stdout, stderr } = await run(group, [...args, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.trim() === ''
    ? []
    : stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
};
const actions = async (userId: string) =>
  runSql<{ action: string; actor: string | null }>(
    app.databaseUrl,
    `SELECT action, details->>'actor' AS actor FROM audit_events WHERE user_id = $1 AND details ? 'actor' ORDER BY at, id`,
    [userId],
  );
const [verify] = Object.values(DOORS) as [(typeof DOORS)[string]];

describe('keyward users', () => {
  test('create creates a user with a token that sets the password', async () => {
    const [created] = await runJson('users', 'create', ' Ada@Example.com ');
    expect(created).toMatchObject({ email: 'ada@example.com', hasPassword: false, disabledAt: null, resetToken: expect.any(String) });
    const input = { email: 'ada@example.com', password: PASSWORD };
    expect(codesOf(await app.send(SignInDocument, { input }))).toEqual(['INVALID_CREDENTIALS']);
    const reset = { token: String(created?.resetToken), newPassword: PASSWORD };
    expect((await app.ask(ResetPasswordDocument, { input: reset }, undefined)).resetPassword.user.id).toBe(created?.id);
    expect(codesOf(await app.send(SignInDocument, { input }))).toEqual([]);
    expect(await actions(String(created?.id))).toEqual([
      { action: 'USER_SIGNED_UP', actor: 'operator' },
      { action: 'PASSWORD_RESET_ISSUED', actor: 'operator' },
    ]);
    expect(await users('create', 'ada@example.com')).toMatchObject({
      code: 1,
      stderr: 'keyward: An account with this email address already exists.\n',
    });
  });

  test('A7: disable rejects tokens and keys at the next request; enable restores the keys, and the user signs in again', async () => {
    const { accessToken, user } = await app.newUser();
    const { createApiKey } = await app.ask(CreateApiKeyDocument, {}, accessToken);
    const key = createApiKey.plaintextKey;
    expect(await runJson('users', 'disable', user.email)).toMatchObject([{ email: user.email, disabledAt: expect.any(String) }]);
    expect(codesOf(await app.send(MeDocument, {}, { token: accessToken }))).toEqual(['UNAUTHENTICATED']);
    expect((await verify(app, { key })).code).toBe('OWNER_DISABLED');
    await runJson('users', 'disable', user.email);
    expect(await runJson('users', 'enable', user.email)).toMatchObject([{ disabledAt: null }]);
    expect((await verify(app, { key })).code).toBe('VALID');
    expect(codesOf(await app.send(MeDocument, {}, { token: accessToken }))).toEqual(['UNAUTHENTICATED']);
    const { signIn } = await app.ask(SignInDocument, { input: { email: user.email, password: PASSWORD } }, undefined);
    const { myAuditLog } = await app.ask(MyAuditLogDocument, {}, signIn.accessToken);
    const log = myAuditLog.edges.map(({ node: { action, details, ipAddress } }) => ({ action, details, ipAddress }));
    const byOperator = { details: { actor: 'operator' }, ipAddress: null };
    // In real time, which has passed since.
    expect(log.slice(0, 2)).toEqual([
      { action: 'USER_ENABLED', ...byOperator },
      { action: 'USER_DISABLED', ...byOperator },
    ]);
  });

  test('A7: disable invalidates reset tokens permanently; a later token works after the user is enabled', async () => {
    const { user } = await app.newUser();
    const issue = async () => {
      const [issued] = await runJson('users', 'reset-token', user.email);
      return { token: String(issued?.resetToken), newPassword: 'something else entirely' };
    };
    const reset = async (input: { token: string; newPassword: string }) => codesOf(await app.send(ResetPasswordDocument, { input }));
    const before = await issue();
    await runJson('users', 'disable', user.email);
    const meanwhile = await issue();
    expect([await reset(before), await reset(meanwhile)]).toEqual([['UNAUTHENTICATED'], ['UNAUTHENTICATED']]);
    await runJson('users', 'enable', user.email);
    expect([await reset(before), await reset(meanwhile)]).toEqual([['UNAUTHENTICATED'], []]);
  });

  test('displays look-alike addresses as code points, and accepts them in that form', async () => {
    const lookAlike = 'p\u0430ul@example.com';
    const { user } = await app.newUser(lookAlike);
    const { stdout } = await users('list');
    expect(stdout).toContain('email: p\\u{430}ul@example.com');
    // An address that was stored before such addresses were rejected is displayed and found too.
    const hidden = 'p\u200baul@example.com';
    await runSql(app.databaseUrl, 'UPDATE users SET email = $2 WHERE id = $1', [user.id, hidden]);
    expect(await runJson('users', 'show', 'p\\u{200b}aul@example.com')).toMatchObject([{ id: user.id, email: hidden }]);
    expect((await users('list', '--json')).stdout).toContain('"email":"p\\u200baul@example.com"');
    expect(await users('create', 'q\\u{200b}@example.com')).toMatchObject({ code: 1, stderr: expect.stringContaining('invisible') });
  });

  test('users list, users show and keys list print users and keys, and no hash', async () => {
    const { id, key, userId } = await newKey(app, { name: 'build server' });
    const [{ email } = { email: '' }] = await runSql<{ email: string }>(app.databaseUrl, 'SELECT email FROM users WHERE id = $1', [userId]);
    const overview = { id: userId, email, externalId: null, hasPassword: true, disabledAt: null, keys: 1 };
    expect(await runJson('users', 'list')).toContainEqual(expect.objectContaining(overview));
    expect(await runJson('users', 'show', email)).toEqual([
      { ...overview, policy: null, createdAt: expect.any(String), sessions: 1, lastSignInAt: app.clock.now().toISOString() },
    ]);
    const listed = await runJson('keys', 'list', email);
    expect(listed).toMatchObject([{ id, keyPrefix: key.slice(0, 13), status: 'ACTIVE', name: 'build server' }]);
    const { stdout } = await keys('list', email);
    expect(stdout).toContain(`keyPrefix: ${key.slice(0, 13)}  displayPrefix: -  status: ACTIVE  name: build server`);
    expect(JSON.stringify(listed) + stdout).not.toMatch(/\$2b\$|fingerprint|hash/i);
  });

  /** A user of the product with a key. */
  const productUser = async (externalId: string, email: string | null = null) => {
    const created = await newKey(app);
    await runSql(app.databaseUrl, 'UPDATE users SET external_id = $2, email = $3, password_hash = NULL WHERE id = $1', [
      created.userId,
      externalId,
      email,
    ]);
    return created;
  };

  test('every command for a user finds the user by id, external id and email address', async () => {
    const { userId, id: keyId, key } = await productUser('customer_42', 'grace@example.com');
    const user = { id: userId, externalId: 'customer_42', email: 'grace@example.com', hasPassword: false };
    for (const text of [userId.toUpperCase(), 'customer_42', ' Grace@Example.com']) {
      expect(await runJson('users', 'show', text)).toMatchObject([{ ...user, keys: 1, sessions: 1 }]);
    }
    expect(await runJson('users', 'disable', userId)).toMatchObject([user]);
    expect(await runJson('users', 'enable', 'customer_42')).toMatchObject([user]);
    expect(await runJson('keys', 'list', 'customer_42')).toMatchObject([{ id: keyId }]);
    expect(await users('reset-token', 'customer_42')).toMatchObject({ code: 1, stderr: expect.stringContaining('identity provider') });
    expect(await runJson('users', 'list')).toContainEqual(expect.objectContaining({ id: userId, externalId: 'customer_42' }));
    expect(await runJson('keys', 'find-owner', keyId)).toMatchObject([{ userId, externalId: 'customer_42', id: keyId }]);
    expect((await users('show', 'customer_42')).stdout).toContain('externalId: customer_42');
    expect((await verify(app, { key })).code).toBe('VALID');
  });

  test('end-sessions ends every session, and leaves the keys valid', async () => {
    const { token, userId, key } = await newKey(app);
    expect(await runJson('users', 'end-sessions', userId)).toMatchObject([{ id: userId, sessionsEnded: 1 }]);
    expect(codesOf(await app.send(MeDocument, {}, { token }))).toEqual(['UNAUTHENTICATED']);
    expect((await verify(app, { key })).code).toBe('VALID');
    expect(await runJson('users', 'end-sessions', userId)).toMatchObject([{ sessionsEnded: 0 }]);
    expect(await actions(userId)).toEqual([{ action: 'SESSION_ENDED', actor: 'operator' }]);
  });

  test('export prints everything about one user as JSON, without secrets', async () => {
    const { id, key, userId } = await newKey(app, { name: 'Café\u202e', scopes: ['a'] });
    const { id: foreign } = await newKey(app);
    await verify(app, { key });
    await app.usage.flush();
    const fields = { userId, createdAt: app.clock.now(), expiresAt: app.clock.now() };
    await newService(app, ['users:act']);
    const { id: serviceTokenId } = await app.database.serviceToken.findFirstOrThrow();
    await app.database.portalSession.create({ data: { ...fields, serviceTokenId, permissions: ['KEYS_READ'], actor: 'grace' } });
    await app.database.idempotencyKey.create({
      data: { userId, operation: 'createApiKey', key: 'order-7', inputHash: new Uint8Array(32), apiKeyId: id, createdAt: app.clock.now() },
    });
    const { code, stdout, stderr } = await users('export', userId);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const exported = JSON.parse(stdout);
    expect(exported).toMatchObject({
      user: { id: userId, email: expect.any(String), hasPassword: true, trustedMetadata: {} },
      sessions: [{ userId, ipAddress: '127.0.0.1' }],
      portalSessions: [{ permissions: ['KEYS_READ'], actor: 'grace' }],
      idempotencyKeys: [{ operation: 'createApiKey', key: 'order-7', apiKeyId: id }],
      apiKeys: [{ id, name: 'Café\u202e', scopes: ['a'], usage: [{ allowed: 1, refused: 0 }] }],
      auditEvents: [{ action: 'API_KEY_CREATED', apiKeyId: id }, { action: 'USER_SIGNED_UP' }],
    });
    expect(Object.keys(exported)).toEqual(['user', 'sessions', 'portalSessions', 'apiKeys', 'idempotencyKeys', 'auditEvents']);
    expect(stdout).not.toMatch(/hash(?:edKey)?"|fingerprint|passwordHash|\$2[aby]\$/i);
    expect(stdout).not.toContain(key);
    expect(stdout).not.toContain(foreign);
    expect(stdout).toMatch(/^[\x20-\x7e\n]*$/);
  });

  test('a text that matches several users changes none of them, prints their ids and exits with 1', async () => {
    const email = 'shared@example.com';
    const { user } = await app.newUser(email);
    const [first, second] = [await productUser('shared_1', email), await productUser(email)];
    const ids = [user.id, first.userId, second.userId].sort();
    for (const command of ['show', 'disable', 'delete']) {
      expect(await users(command, email)).toEqual({
        code: 1,
        stdout: '',
        stderr: `keyward: Several users match. Name one of them by id: ${ids.join(', ')}.\n`,
      });
    }
    // The external id of one user can equal the id of another.
    await productUser(user.id);
    expect(await users('delete', user.id)).toMatchObject({ code: 1, stderr: expect.stringContaining('Several users match.') });
    expect(await runJson('users', 'show', 'shared_1')).toMatchObject([{ id: first.userId }]);
  });

  test('lists 20 of the users who share one address', async () => {
    await runSql(
      app.databaseUrl,
      `INSERT INTO users (id, email, external_id, created_at)
       SELECT gen_random_uuid(), 'crowd@example.com', 'crowd_' || n, now() FROM generate_series(1, 30) AS n`,
    );
    const { code, stderr } = await users('show', 'crowd@example.com');
    expect([code, stderr.match(/[0-9a-f]{8}-[0-9a-f-]{27}/g)?.length, stderr.endsWith(' and more.\n')]).toEqual([1, 20, true]);
  });

  test.each(['email', 'externalId', 'id'] as const)(
    'delete by %s removes the user, keys, sessions and usage, and prints what it removed; the audit log remains',
    async (by) => {
      const { key, userId, id: keyId } = by === 'externalId' ? await productUser('leaver') : await newKey(app);
      const [{ email } = { email: '' }] = await runSql<{ email: string }>(app.databaseUrl, 'SELECT email FROM users WHERE id = $1', [
        userId,
      ]);
      await verify(app, { key });
      await app.usage.flush();
      await runJson('users', 'disable', userId);
      const text = { email, externalId: 'leaver', id: userId }[by];
      expect(await runJson('users', 'delete', text)).toMatchObject([{ id: userId, keys: 1, sessions: 1, deleted: true }]);
      expect((await verify(app, { key })).code).toBe('NOT_FOUND');
      for (const [table, column, value] of [
        ['users', 'id', userId],
        ['api_keys', 'user_id', userId],
        ['sessions', 'user_id', userId],
        ['api_key_usage', 'key_id', keyId],
      ]) {
        expect(await runSql(app.databaseUrl, `SELECT FROM ${table} WHERE ${column} = $1`, [value])).toEqual([]);
      }
      expect((await actions(userId)).at(-1)).toEqual({ action: 'USER_DELETED', actor: 'operator' });
      expect(await users('delete', text)).toMatchObject({ code: 1, stderr: `keyward: ${NO_USER}\n` });
    },
  );

  test.each([
    ['an unknown address', ['users', 'show', 'unknown@example.com'], NO_USER],
    ['an unknown external id', ['users', 'show', 'unknown'], NO_USER],
    ['an unknown id', ['users', 'delete', '01900000-0000-7000-8000-000000000000'], NO_USER],
    ['a new user with no address', ['users', 'create', 'no-at-sign'], 'email must be an email address'],
    ['an unknown key', ['keys', 'revoke', 'amos_00000000'], 'There is no API key with this ID, key prefix or plaintext.'],
    ['garbage for a key', ['keys', 'find-owner', "' OR 1=1 --\u0000"], 'There is no API key with this ID, key prefix or plaintext.'],
  ])('%s is reported in one line on stderr, with exit code 1', async (_case, [group, ...args], message) => {
    expect(
      await run(
        group as 'users' | 'keys',
        args.map((arg) => arg.replace('\u0000', '')),
      ),
    ).toEqual({ code: 1, stdout: '', stderr: `keyward: ${message}\n` });
  });

  test.each([
    [[]],
    [['nonsense']],
    [['show']],
    [['list', 'x']],
    [['show', 'a@b.c', 'x']],
    [['list', '--nonsense']],
    [['constructor', 'x']],
    [['change-issuer', 'product']],
    [['change-issuer', 'product', 'with space']],
    [['change-issuer', 'product', 'keyward']],
    [['change-issuer', 'a', 'b', 'c']],
  ])('with invalid arguments (%j) it points to the help, with exit code 2', async (args) => {
    const { code, stdout, stderr } = await users(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^keyward: .* Run: keyward users( [a-z-]+)? --help\n$/);
  });

  test('works on the embedded database, with and without a running server', async () => {
    const home = await mkdtemp(path.join(tmpdir(), 'keyward-users-'));
    const env = { DATA_DIR: path.join(home, 'data') };
    const create = (email: string) => runBuiltCommand('users', ['create', email, '--json'], env);
    const first = await create('first@example.com');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const server = await startServer(env);
    try {
      const second = await create('second@example.com');
      expect(second).toMatchObject({ code: 0, stderr: '' });
      for (const { stdout } of [first, second]) {
        const input = { token: JSON.parse(stdout).resetToken, newPassword: PASSWORD };
        const query = 'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { user { email } } }';
        expect(await ask(server, query, { input })).toMatchObject({ resetPassword: { user: { email: JSON.parse(stdout).email } } });
      }
    } finally {
      await server.stop();
      await rm(home, { recursive: true, force: true });
    }
  });
});

test('E8: what a command reads is in the audit log, with the command, the user and the key', async () => {
  const { accessToken, user } = await app.newUser();
  const { createApiKey } = await app.ask(CreateApiKeyDocument, {}, accessToken);
  const keyId = createApiKey.apiKey.id;
  await users('list');
  await users('show', user.email);
  await keys('list', user.email);
  await keys('expiring');
  await keys('find-owner', keyId);
  await users('export', user.email);
  const read = await runSql<{ action: string; command: string | null; userId: string | null; apiKeyId: string | null }>(
    app.databaseUrl,
    `SELECT action, details->>'command' AS command, user_id AS "userId", api_key_id AS "apiKeyId" FROM audit_events
     WHERE action IN ('OPERATOR_READ', 'USER_EXPORTED') ORDER BY transaction_id DESC LIMIT 6`,
  );
  expect(read.reverse().map(({ command, userId, apiKeyId }) => [command, userId, apiKeyId])).toEqual([
    ['users list', null, null],
    ['users show', user.id, null],
    ['keys list', user.id, null],
    ['keys expiring', null, null],
    ['keys find-owner', user.id, keyId],
    [null, user.id, null],
  ]);
});

describe('keyward keys', () => {
  test('revoke accepts an id, a prefix or a plaintext key, takes effect at the next verification and is recorded as the operator’s action', async () => {
    for (const pick of [
      ({ id }: { id: string }) => id,
      ({ key }: { key: string }) => key.slice(0, 13),
      ({ key }: { key: string }) => key,
    ]) {
      const created = await newKey(app);
      expect(await runJson('keys', 'revoke', pick(created))).toMatchObject([{ id: created.id, status: 'REVOKED' }]);
      expect((await verify(app, { key: created.key })).code).toBe('REVOKED');
      expect(await actions(created.userId)).toEqual([{ action: 'API_KEY_REVOKED', actor: 'operator' }]);
    }
  });

  test('revoke accepts a key of a disabled user', async () => {
    const created = await newKey(app);
    await runSql(app.databaseUrl, 'UPDATE users SET disabled_at = now() WHERE id = $1', [created.userId]);
    expect(await runJson('keys', 'revoke', created.id)).toMatchObject([{ status: 'REVOKED' }]);
  });

  test('find-owner prints the owner of a leaked key, and never repeats the key', async () => {
    const { id, key, userId } = await newKey(app);
    const forged = `${key.slice(0, 14)}${'A'.repeat(43)}`;
    const unused = await newKey(app);
    await forgetFingerprint(app, unused.id);
    for (const [text, expected] of [
      [key, { id, userId, isGenuine: true }],
      [`${key}\n`, { id, userId, isGenuine: true }],
      [key.slice(0, 13), { id, userId, isGenuine: null }],
      [id, { id, userId, isGenuine: null }],
      [forged, { id, userId, isGenuine: false }],
      [unused.key, { id: unused.id, isGenuine: true }],
    ] as const) {
      const { code, stdout, stderr } = await run('keys', ['find-owner', '-', '--json'], text);
      expect(JSON.parse(stdout)).toMatchObject(expected);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).not.toContain(text.split('.')[1]?.slice(0, 30) ?? 'no secret');
    }
    expect(await keys('find-owner', key, '--json')).toMatchObject({ code: 0, stdout: expect.not.stringContaining(key.slice(14)) });
  });

  test('expiring prints the usable keys that expire within the given days with their owners, in the order of expiry', async () => {
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
    const created: MadeKey[] = [];
    for (const days of [10, 2, 20]) created.push(await newKey(app, { expiresAt: inDays(days), name: `in ${days} days` }));
    await newKey(app);
    const list = async (...args: string[]) => {
      const { stdout } = await run('keys', ['expiring', '--json', ...args]);
      const ids = created.map(({ id }) => id);
      return stdout.split('\n').flatMap((line) => (line && ids.includes(JSON.parse(line).id) ? [JSON.parse(line)] : []));
    };
    expect((await list()).map(({ name }) => name)).toEqual(['in 2 days', 'in 10 days']);
    expect((await list('--days', '30')).map(({ name }) => name)).toEqual(['in 2 days', 'in 10 days', 'in 20 days']);
    expect(await list('--days', '3')).toMatchObject([
      { email: expect.stringContaining('@'), externalId: null, userId: created[1]?.userId, status: 'ACTIVE' },
    ]);
    expect(await run('keys', ['expiring', '--days', '0'])).toMatchObject({ code: 2 });
  });
});
