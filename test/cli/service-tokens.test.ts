import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MyApiKeysDocument } from '../generated/graphql.js';
import { type CommandResult, runBuiltCommand } from '../support/commands.js';
import { runSql } from '../support/database.js';
import { actingFor } from '../support/services.js';
import { codesOf, startTestApp, type TestApp } from '../support/test-app.js';
import { TestClock } from '../support/test-clock.js';

const SECRET = Buffer.alloc(32, 'secret');

let app: TestApp;
beforeAll(async () => {
  // The commands use the real time.
  app = await startTestApp({ appSecrets: [SECRET], clock: new TestClock(new Date().toISOString()) });
});
afterAll(() => app.close());

const run = (...args: string[]): Promise<CommandResult> =>
  runBuiltCommand('service-tokens', args, { DATABASE_URL: app.databaseUrl, APP_SECRETS: SECRET.toString('base64') });
const runJson = async (...args: string[]): Promise<Record<string, unknown>[]> => {
  const { code, stdout, stderr } = await run(...args, '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
};
/** Returns the codes of the errors that a token gets. */
const codesFor = async (token: unknown) =>
  codesOf(await app.send(MyApiKeysDocument, {}, actingFor({ name: 'backend', token: String(token) }, 'user_1')));

describe('keyward service-tokens', () => {
  test('create, rotate, list and revoke act on a running server, and print each secret once', async () => {
    const [created] = await runJson(
      'create',
      'backend',
      '--permissions',
      'users:act, keys:verify,users:act',
      '--cidrs',
      '127.0.0.1,10.1.0.0/8',
    );
    expect(created).toEqual({
      name: 'backend',
      permissions: ['users:act', 'keys:verify'],
      cidrs: ['127.0.0.1', '10.0.0.0/8'],
      createdAt: expect.any(String),
      expiresAt: null,
      overlapEndsAt: null,
      revokedAt: null,
      token: expect.stringMatching(/^svc_[0-9a-f]{8}\.[\w-]{43}[0-9A-Za-z]{6}$/),
    });
    expect(await codesFor(created?.token)).toEqual([]);

    const [rotated] = await runJson('rotate', 'backend', '--overlap', '3600');
    expect(await codesFor(created?.token)).toEqual([]);
    expect(await codesFor(rotated?.token)).toEqual([]);

    const list = await run('list');
    expect(list).toMatchObject({ code: 0, stderr: '' });
    expect(list.stdout).toMatch(/^name: backend {2}permissions: users:act,keys:verify {2}cidrs: 127\.0\.0\.1,10\.0\.0\.0\/8 {2}/);
    for (const issued of [created, rotated]) expect(list.stdout).not.toContain(String(issued?.token).split('.')[1]);

    const [revoked] = await runJson('revoke', 'backend');
    expect(revoked).toMatchObject({ name: 'backend', revokedAt: expect.any(String) });
    for (const issued of [created, rotated]) expect(await codesFor(issued?.token)).toEqual(['UNAUTHENTICATED']);
    expect(await run('revoke', 'backend')).toMatchObject({
      code: 1,
      stderr: 'keyward: There is no service token with this name, or it is revoked.\n',
    });
    // The name of a revoked token can be used again.
    expect(await run('create', 'backend', '--permissions', 'users:act')).toMatchObject({ code: 0 });
    expect(await run('create', 'backend', '--permissions', 'users:act')).toMatchObject({
      code: 1,
      stderr: 'keyward: A service token with this name already exists.\n',
    });
  });

  test('L2: every change is in the audit log, with the operator as actor and without a user', async () => {
    await runJson('create', 'audited', '--permissions', 'keys:verify', '--expires-at', '2099-01-01T00:00:00Z');
    await runJson('rotate', 'audited', '--overlap', '0');
    await runJson('revoke', 'audited');
    const events = await runSql<{ action: string; user_id: null; details: object }>(
      app.databaseUrl,
      `SELECT action, user_id, details FROM audit_events WHERE details->>'name' = 'audited' ORDER BY at, id`,
    );
    expect(events.map(({ action, user_id: userId }) => [action, userId])).toEqual([
      ['SERVICE_TOKEN_CREATED', null],
      ['SERVICE_TOKEN_ROTATED', null],
      ['SERVICE_TOKEN_REVOKED', null],
    ]);
    expect(events[0]?.details).toEqual({
      serviceTokenId: expect.any(String),
      name: 'audited',
      permissions: ['keys:verify'],
      cidrs: [],
      expiresAt: '2099-01-01T00:00:00.000Z',
      previousExpiresAt: null,
      actor: 'operator',
    });
  });

  test.each([
    [['x', '--permissions', 'users:act,keys:destroy'], /^keyward: permissions item 2 is unknown\. The permissions are users:act, /],
    [['x', '--permissions', 'USERS:ACT'], /^keyward: permissions item 1 is unknown/],
    [['x', '--permissions', ''], /^keyward: permissions item 1 is unknown/],
    [['Upper', '--permissions', 'users:act'], /^keyward: name must be 1 to 64 lower-case letters, digits and hyphens\n$/],
    [['a/b', '--permissions', 'users:act'], /^keyward: name must be/],
    [['x'.repeat(65), '--permissions', 'users:act'], /^keyward: name must be/],
    [['x', '--permissions', 'users:act', '--cidrs', '10.0.0.0/8,10.1'], /^keyward: cidrs item 2 must be an IP address or a CIDR range\n$/],
    [['x', '--permissions', 'users:act', '--expires-at', '2020-01-01T00:00:00Z'], /^keyward: expires-at must be in the future\n$/],
  ])('create with %j exits with 1, names what is wrong, and creates nothing', async (args, message) => {
    const before = await app.database.serviceToken.count();
    const { code, stdout, stderr } = await run('create', ...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(await app.database.serviceToken.count()).toBe(before);
  });

  test.each([
    [['create', 'x'], "required option '--permissions <list>' not specified"],
    [['create', 'x', '--permissions', 'users:act', '--expires-at', 'soon'], 'It must be a time like 2027-01-31T12:00:00Z.'],
    [['rotate', 'x', '--overlap', '-1'], 'It must be a whole number of seconds.'],
  ])('with the wrong arguments %j it exits with 2', async (args, message) => {
    const { code, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  test('rotate rejects an expired token and an overlap of more than 30 days', async () => {
    await app.serviceTokens.create({
      name: 'old',
      permissions: ['users:act'],
      cidrs: [],
      expiresAt: new Date(app.clock.now().getTime() + 60_000),
    });
    await runSql(app.databaseUrl, `UPDATE service_tokens SET expires_at = now() WHERE name = 'old'`);
    expect(await run('rotate', 'old')).toMatchObject({ code: 1, stderr: expect.stringMatching(/has expired/) });
    expect(await run('rotate', 'old', '--overlap', '2592001')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^keyward: overlap must/),
    });
  });
});
