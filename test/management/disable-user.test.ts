import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  AuditLogDocument,
  DeleteUserDocument,
  DisableUserDocument,
  EnableUserDocument,
  MeDocument,
  UserDocument,
} from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { DOORS, dataOf, newKey } from '../support/doors.js';
import { newService, type TestService } from '../support/services.js';
import { codesOf, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let backend: TestService;
beforeAll(async () => {
  app = await startTestApp();
  backend = await newService(app, ['users:write', 'users:read', 'audit:read'], { name: 'backend' });
});
afterAll(() => app.close());

const by = { headers: { 'x-keyward-actor': 'ada' } };
const disable = async (id: string) => app.send(DisableUserDocument, { id }, { token: backend.token, ...by });
const enable = async (id: string) => app.send(EnableUserDocument, { id }, { token: backend.token, ...by });
const remove = async (id: string) => app.send(DeleteUserDocument, { id }, { token: backend.token, ...by });
const eventsOf = async (userId: string) =>
  (await app.ask(AuditLogDocument, { filter: { userId }, first: 1 }, backend.token)).auditLog.edges.map(({ node }) => node);

describe.each(Object.entries(DOORS))('at %s', (_name, verify) => {
  test('A7: disableUser rejects tokens and keys from the next request on, and enableUser accepts the keys again', async () => {
    const { userId, key, token } = await newKey(app);
    expect((await verify(app, { key })).code).toBe('VALID');
    const disabled = dataOf(await disable(userId)).disableUser.user;
    expect(disabled).toMatchObject({ id: userId, disabledAt: app.clock.now().toISOString() });
    expect((await verify(app, { key })).code).toBe('OWNER_DISABLED');
    expect(codesOf(await app.send(MeDocument, {}, { token }))).toEqual(['UNAUTHENTICATED']);
    expect(await eventsOf(userId)).toMatchObject([{ action: 'USER_DISABLED', actor: 'service:backend/ada' }]);
    expect(dataOf(await enable(userId)).enableUser.user.disabledAt).toBeNull();
    expect((await verify(app, { key })).code).toBe('VALID');
    expect(codesOf(await app.send(MeDocument, {}, { token }))).toEqual(['UNAUTHENTICATED']);
    expect(await eventsOf(userId)).toMatchObject([{ action: 'USER_ENABLED', actor: 'service:backend/ada' }]);
  });

  test('deleteUser deletes the user and the keys, and keeps the audit log', async () => {
    const { userId, key, token } = await newKey(app);
    await verify(app, { key });
    expect(dataOf(await remove(userId))).toEqual({ deleteUser: { deleted: true } });
    expect((await verify(app, { key })).code).toBe('NOT_FOUND');
    expect(codesOf(await app.send(MeDocument, {}, { token }))).toEqual(['UNAUTHENTICATED']);
    expect(codesOf(await app.send(UserDocument, { id: userId }, { token: backend.token }))).toEqual(['NOT_FOUND']);
    expect(await eventsOf(userId)).toMatchObject([{ action: 'USER_DELETED', actor: 'service:backend/ada', userId }]);
  });
});

describe('disableUser, enableUser and deleteUser', () => {
  test('change and record nothing a second time', async () => {
    const { userId } = await newKey(app);
    const first = dataOf(await disable(userId)).disableUser.user;
    app.clock.advanceSeconds(1);
    expect(dataOf(await disable(userId)).disableUser.user).toEqual(first);
    await enable(userId);
    await enable(userId);
    const events = await runSql<{ action: string }>(
      app.databaseUrl,
      "SELECT action FROM audit_events WHERE user_id = $1 AND action LIKE 'USER_%ABLED' ORDER BY action",
      [userId],
    );
    expect(events.map(({ action }) => action)).toEqual(['USER_DISABLED', 'USER_ENABLED']);
  });

  test('return NOT_FOUND for an unknown user', async () => {
    for (const id of ['x', '', '01a20538-5745-77c0-8216-711042d53509']) {
      for (const change of [disable, enable, remove]) expect(codesOf(await change(id))).toEqual(['NOT_FOUND']);
    }
  });

  test('a deletion at the same time as another one is done once', async () => {
    const { userId } = await newKey(app);
    const answers = await Promise.all(Array.from({ length: 5 }, () => remove(userId)));
    expect(answers.flatMap(codesOf)).toEqual(Array(4).fill('NOT_FOUND'));
    expect(await eventsOf(userId)).toHaveLength(1);
  });
});
