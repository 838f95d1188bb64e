import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { getNamedType, isNonNullType, isObjectType } from 'graphql';
import { accessOf } from '../../../src/auth/access-middleware.js';
import { buildKeywardSchema } from '../../../src/keyward-schema.js';
import type { PortalPermission } from '../../generated/graphql.js';
import { CreateApiKeyDocument, RotateApiKeyDocument, SignInDocument, SignUpDocument } from '../../generated/graphql.js';
import { dataOf } from '../../support/doors.js';
import { documentOf, OPERATIONS } from '../../support/operations.js';
import { newPortalSession, PORTAL_PERMISSIONS } from '../../support/portal-sessions.js';
import { newExternalId, newService, type TestService } from '../../support/services.js';
import { codesOf, PASSWORD, startTestApp, type TestApp } from '../../support/test-app.js';

/** What a portal session needs for each operation: one of the permissions, or none. A new operation is closed until it has a row. */
const OPERATION_RULES: Readonly<Record<string, readonly PortalPermission[] | 'public'>> = {
  me: [],
  myPortalPermissions: [],
  apiKey: ['KEYS_READ'],
  myApiKeys: ['KEYS_READ'],
  myApiKeyHistory: ['KEYS_READ'],
  myAuditLog: ['AUDIT_READ'],
  createApiKey: ['KEYS_CREATE'],
  myKeyPolicy: ['KEYS_READ', 'KEYS_CREATE'],
  updateApiKey: ['KEYS_UPDATE'],
  rotateApiKey: ['KEYS_ROTATE'],
  revokeApiKey: ['KEYS_REVOKE'],
  refreshSession: 'public',
  resetPassword: 'public',
  signIn: 'public',
  signOut: 'public',
  signUp: 'public',
  server: 'public',
  verifyApiKey: 'public',
};

/** The permission that a portal session needs to read an object of a type, except in the payload of an operation. */
const TYPE_RULES: Readonly<Record<string, PortalPermission>> = {
  ApiKey: 'KEYS_READ',
  ApiKeyConnection: 'KEYS_READ',
  AuditEvent: 'AUDIT_READ',
  AuditEventConnection: 'AUDIT_READ',
};

const schema = buildKeywardSchema({} as never);

let app: TestApp;
let backend: TestService;
beforeAll(async () => {
  app = await startTestApp();
  backend = await newService(app, ['users:act']);
});
afterAll(() => app.close());

/** Codes of errors that come after the access check, for which the operation counts as open. */
const AFTER_ACCESS = ['NOT_FOUND', 'BAD_USER_INPUT', 'INVALID_CREDENTIALS'];

const SESSIONS: readonly (readonly PortalPermission[])[] = [
  [],
  ...PORTAL_PERMISSIONS.map((permission) => [permission]),
  PORTAL_PERMISSIONS,
];

const outcomeOf = (name: string, permissions: readonly PortalPermission[]): string => {
  const rule = OPERATION_RULES[name];
  if (rule === undefined) return 'FORBIDDEN';
  if (rule === 'public' || rule.length === 0 || rule.some((permission) => permissions.includes(permission))) return 'open';
  return `FORBIDDEN ${rule[0]}`;
};

describe('S1, S4: a portal session', () => {
  test('can use the operations of the table alone, by their marks', () => {
    const marks = [...accessOf(schema)].flatMap(([name, access]) => {
      if (access === 'public') return [[name, 'public']];
      return access.portal === null ? [] : [[name, access.portal]];
    });
    expect(Object.fromEntries(marks)).toEqual(OPERATION_RULES);
  });

  test.each(SESSIONS.map((permissions) => [permissions.join(' and ') || 'no permission', permissions] as const))(
    'with %s can use the operations that the table permits, and no others',
    async (_name, permissions) => {
      const { token } = await newPortalSession(app, backend, { permissions: [...permissions] });
      const outcomes: Record<string, string> = {};
      for (const [index, operation] of OPERATIONS.entries()) {
        const { errors } = await app.send(documentOf(operation), {}, { token, ipAddress: `10.2.${permissions.length}.${index}` });
        const { code, requiredPermission }: Record<string, unknown> = errors[0]?.extensions ?? { code: 'open' };
        const isOpen = ['refreshSession', 'signOut', 'resetPassword'].includes(operation.name);
        const outcome = `${code}${requiredPermission ? ` ${requiredPermission}` : ''}`;
        outcomes[operation.name] = AFTER_ACCESS.includes(String(code)) || isOpen ? 'open' : outcome;
      }
      expect(outcomes).toEqual(Object.fromEntries(OPERATIONS.map(({ name }) => [name, outcomeOf(name, permissions)])));
    },
  );
});

/** Every field that leads from an object to one with a rule. Payloads contain what their operation changed, and pages what a checked field returned. */
const PATHS = Object.values(schema.getTypeMap())
  .filter((type) => isObjectType(type))
  .filter(
    (type) => type !== schema.getQueryType() && type !== schema.getMutationType() && !/^__|(?:Payload|Connection|Edge)$/.test(type.name),
  )
  .flatMap((type) => Object.values(type.getFields()).map((field) => ({ type: type.name, field, leadsTo: getNamedType(field.type).name })))
  .flatMap(({ leadsTo, ...path }) => (TYPE_RULES[leadsTo] ? [{ ...path, needs: TYPE_RULES[leadsTo] }] : []));

/** Returns the selection of a field, with every argument that it requires. */
function selectionOf(field: (typeof PATHS)[number]['field']): string {
  const args = field.args.filter(({ type, defaultValue }) => isNonNullType(type) && defaultValue === undefined);
  return `${field.name}${args.length > 0 ? `(${args.map(({ name }) => `${name}: "2026-01-01T00:00:00Z"`).join(' ')})` : ''} { __typename }`;
}

describe('S4: a mutation with a result that the portal session may not read', () => {
  test.each([
    ['a field', 'mutation { createApiKey { plaintextKey apiKey { events { edges { cursor } } } } }'],
    [
      'a fragment',
      'mutation { createApiKey { ...Made } } fragment Made on CreateApiKeyPayload { plaintextKey apiKey { ... { ...Trail } } } fragment Trail on ApiKey { events { edges { cursor } } }',
    ],
  ])('is rejected before it changes anything, by %s, so that no plaintext key is lost', async (_name, document) => {
    const { token, userId } = await newPortalSession(app, backend, { permissions: ['KEYS_READ', 'KEYS_CREATE'] });
    expect(codesOf(await app.send(document, {}, { token }))).toEqual(['FORBIDDEN']);
    expect(await app.database.apiKey.count({ where: { userId } })).toBe(0);
  });
});

describe('S1, S4: no path leads a portal session to what it may not read', () => {
  test('the paths from one object to another are found', () => {
    expect(PATHS.map(({ type, field, needs }) => `${type}.${field.name} ${needs}`)).toEqual(
      expect.arrayContaining([
        'ApiKey.events AUDIT_READ',
        'ApiKey.replacedBy KEYS_READ',
        'ApiKey.replaces KEYS_READ',
        'AuditEvent.apiKey KEYS_READ',
        'User.apiKeys KEYS_READ',
      ]),
    );
  });

  test.each(PATHS.map((path) => [`${path.type}.${path.field.name}`, path] as const))('%s', async (_name, { type, field, needs }) => {
    const externalId = newExternalId();
    const all = await newPortalSession(app, backend, { externalId });
    const { apiKey } = dataOf(await app.send(CreateApiKeyDocument, {}, all)).createApiKey;
    dataOf(await app.send(RotateApiKeyDocument, { id: apiKey.id }, all));
    const without = PORTAL_PERMISSIONS.filter((permission) => permission !== needs);
    const { token } = await newPortalSession(app, backend, { externalId, permissions: without });
    const wanted = selectionOf(field);
    const documents: Readonly<Record<string, string>> = {
      ApiKey: `mutation { createApiKey { apiKey { id ${wanted} } } }`,
      AuditEvent: `{ myAuditLog { edges { node { id ${wanted} } } } }`,
      User: `{ me { id ${wanted} } }`,
    };
    const document = documents[type] ?? '';
    const answer = await app.send(document, {}, { token });
    expect(new Set(codesOf(answer))).toEqual(new Set(['FORBIDDEN']));
    expect(answer.errors[0]?.extensions.requiredPermission).toBe(needs);
    expect(codesOf(await app.send(document, {}, all))).toEqual([]);
  });

  test('the payload of an operation contains its own key, also without KEYS_READ', async () => {
    const { token } = await newPortalSession(app, backend, { permissions: ['KEYS_CREATE', 'KEYS_ROTATE'] });
    const { apiKey } = dataOf(await app.send(CreateApiKeyDocument, { input: { name: 'CI' } }, { token })).createApiKey;
    expect(apiKey.name).toBe('CI');
    const rotated = await app.send<unknown, object>(
      `mutation { rotateApiKey(id: "${apiKey.id}") { apiKey { name owner { id } } replaced { name status } } }`,
      {},
      { token },
    );
    expect(rotated.data).toMatchObject({ rotateApiKey: { apiKey: { name: 'CI' }, replaced: { name: 'CI', status: 'ROTATING' } } });
  });

  test('an operation that is open to everyone ignores the session', async () => {
    const { token } = await newPortalSession(app, backend, { permissions: [] });
    const input = { email: 'portal@example.com', password: PASSWORD };
    expect(codesOf(await app.send(SignUpDocument, { input }, { token }))).toEqual([]);
    expect(codesOf(await app.send(SignInDocument, { input }, { token }))).toEqual([]);
  });
});
