import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  AuditLogDocument,
  CreateApiKeyDocument,
  UpsertUserDocument,
  type UpsertUserInput,
  VerifyApiKeyDocument,
} from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { dataOf } from '../support/doors.js';
import { actingFor, newExternalId, newService, type TestService } from '../support/services.js';
import { codesOf, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let backend: TestService;
beforeAll(async () => {
  app = await startTestApp();
  backend = await newService(app, ['users:write', 'users:act', 'audit:read'], { name: 'backend' });
});
afterAll(() => app.close());

const send = (input: UpsertUserInput) =>
  app.send(UpsertUserDocument, { input }, { token: backend.token, headers: { 'x-keyward-actor': 'ada' } });
const upsert = async (input: UpsertUserInput) => dataOf(await send(input)).upsertUser;

const eventsOf = async (userId: string) =>
  (await app.ask(AuditLogDocument, { filter: { userId } }, backend.token)).auditLog.edges.map(({ node }) => ({
    action: node.action,
    actor: node.actor,
    details: node.details,
  }));

describe('upsertUser', () => {
  test('creates a user, and records the service', async () => {
    const externalId = newExternalId();
    const { created, user } = await upsert({ externalId, email: ' Ada@Example.com ', trustedMetadata: { plan: 'pro' } });
    expect(created).toBe(true);
    expect(user).toMatchObject({ externalId, email: 'ada@example.com', trustedMetadata: { plan: 'pro' }, disabledAt: null });
    const actor = 'service:backend/ada';
    expect(await eventsOf(user.id)).toEqual([{ action: 'USER_CREATED', actor, details: { actor } }]);
    expect(app.logs()).not.toContain('ada@example.com');
  });

  test('changes the given fields alone, and records their names', async () => {
    const externalId = newExternalId();
    const { user } = await upsert({ externalId, email: 'a@example.com', trustedMetadata: { b: 1, a: 2 } });
    expect(await upsert({ externalId })).toEqual({ created: false, user });
    expect(await upsert({ externalId, email: 'a@example.com', trustedMetadata: { a: 2, b: 1 } })).toEqual({ created: false, user });
    expect(await upsert({ externalId, trustedMetadata: {} })).toEqual({ created: false, user: { ...user, trustedMetadata: {} } });
    expect(await upsert({ externalId, email: null })).toEqual({ created: false, user: { ...user, email: null, trustedMetadata: {} } });
    const actor = 'service:backend/ada';
    expect(await eventsOf(user.id)).toEqual([
      { action: 'USER_UPDATED', actor, details: { changed: ['email'], actor } },
      { action: 'USER_UPDATED', actor, details: { changed: ['trustedMetadata'], actor } },
      { action: 'USER_CREATED', actor, details: { actor } },
    ]);
  });

  test('returns the new metadata at the next verification', async () => {
    const externalId = newExternalId();
    const { createApiKey } = dataOf(await app.send(CreateApiKeyDocument, {}, actingFor(backend, externalId)));
    const verify = async () => (await app.ask(VerifyApiKeyDocument, { input: { key: createApiKey.plaintextKey } }, undefined)).verifyApiKey;
    expect((await verify()).ownerMetadata).toEqual({});
    await upsert({ externalId, trustedMetadata: { plan: 'team' } });
    expect((await verify()).ownerMetadata).toEqual({ plan: 'team' });
  });

  test('never finds or changes an account with the same address', async () => {
    const { user } = await app.newUser('shared@example.com');
    const { user: other, created } = await upsert({ externalId: newExternalId(), email: 'shared@example.com' });
    expect(created).toBe(true);
    expect(other.id).not.toBe(user.id);
  });

  test('creates one user by 20 parallel requests, of which one reports it', async () => {
    const externalId = newExternalId();
    const results = await Promise.all(Array.from({ length: 20 }, (_, n) => upsert({ externalId, trustedMetadata: { n } })));
    expect(results.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(results.map(({ user }) => user.id)).size).toBe(1);
    expect(await runSql(app.databaseUrl, 'SELECT id FROM users WHERE external_id = $1', [externalId])).toHaveLength(1);
  });

  test.each([
    ['input.externalId', { externalId: '' }],
    ['input.externalId', { externalId: 'x'.repeat(256) }],
    ['input.externalId', { externalId: 'a\nb' }],
    ['input.email', { externalId: 'x', email: 'no address' }],
    ['input.trustedMetadata', { externalId: 'x', trustedMetadata: null }],
    ['input.trustedMetadata', { externalId: 'x', trustedMetadata: { text: 'x'.repeat(5_000) } }],
    ['input.trustedMetadata.n', { externalId: 'x', trustedMetadata: { n: 1e308 } }],
  ])('G9: rejects an invalid %s, and creates no user', async (path, input) => {
    const answer = await send(input as UpsertUserInput);
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] });
    expect(await runSql(app.databaseUrl, "SELECT id FROM users WHERE external_id IN ('x', '') OR external_id LIKE 'a_b'")).toEqual([]);
  });

  test('F8: changes nothing if the event cannot be written', async () => {
    const broken = await startTestApp();
    const { token } = await newService(broken, ['users:write']);
    const externalId = newExternalId();
    await broken.ask(UpsertUserDocument, { input: { externalId } }, token);
    await runSql(
      broken.databaseUrl,
      `CREATE FUNCTION reject_event() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room'; END; $$;
       CREATE TRIGGER reject_event BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION reject_event()`,
    );
    const users = () => runSql(broken.databaseUrl, 'SELECT * FROM users');
    const before = await users();
    for (const input of [{ externalId, email: 'x@example.com' }, { externalId: newExternalId() }]) {
      expect(codesOf(await broken.send(UpsertUserDocument, { input }, { token }))).toEqual(['INTERNAL_SERVER_ERROR']);
    }
    expect(await users()).toEqual(before);
    await broken.close();
  });
});
