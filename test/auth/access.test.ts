import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isObjectType } from 'graphql';
import { accessOf } from '../../src/auth/access-middleware.js';
import { SERVICE_PERMISSIONS } from '../../src/auth/service-tokens/service-permission.js';
import { buildKeywardSchema } from '../../src/keyward-schema.js';
import { CreateApiKeyDocument } from '../generated/graphql.js';
import { documentOf, OPERATIONS } from '../support/operations.js';
import { actingFor, newExternalId, newService } from '../support/services.js';
import { type RequestOptions, startTestApp, type TestApp } from '../support/test-app.js';

type Rule = 'public' | 'people' | 'acting' | 'any service' | (typeof SERVICE_PERMISSIONS)[number];

/** Who may use each operation. A new operation needs a row. */
const OPERATION_RULES: Readonly<Record<string, Rule>> = {
  apiKey: 'acting',
  apiKeys: 'keys:read',
  auditLog: 'audit:read',
  findApiKey: 'keys:read',
  me: 'acting',
  myApiKeyHistory: 'acting',
  myApiKeys: 'acting',
  myAuditLog: 'acting',
  myKeyPolicy: 'acting',
  myPortalPermissions: 'acting',
  mySessions: 'people',
  policies: 'any service',
  server: 'public',
  user: 'users:read',
  users: 'users:read',
  changePassword: 'people',
  createApiKey: 'acting',
  createPolicy: 'policies:write',
  createPortalSession: 'users:act',
  deleteMyAccount: 'people',
  deletePolicy: 'policies:write',
  deleteUser: 'users:write',
  disableUser: 'users:write',
  enableUser: 'users:write',
  endOtherSessions: 'people',
  endPortalSession: 'users:act',
  endSession: 'people',
  importApiKeys: 'keys:write',
  refreshSession: 'public',
  resetPassword: 'public',
  revokeApiKey: 'acting',
  revokeApiKeys: 'keys:write',
  webhookEndpoints: 'webhooks:manage',
  webhookDeliveries: 'webhooks:manage',
  createWebhookEndpoint: 'webhooks:manage',
  updateWebhookEndpoint: 'webhooks:manage',
  rotateWebhookSecret: 'webhooks:manage',
  deleteWebhookEndpoint: 'webhooks:manage',
  testWebhookEndpoint: 'webhooks:manage',
  redeliverWebhooks: 'webhooks:manage',
  rotateApiKey: 'acting',
  signIn: 'public',
  signOut: 'public',
  signUp: 'public',
  updateApiKey: 'acting',
  updatePolicy: 'policies:write',
  upsertUser: 'users:write',
  verifyApiKey: 'public',
};

/** How an object of each type is reached. A new type needs a row, and if it can be of another account, a check. */
const TYPE_RULES: Readonly<Record<string, 'of one account' | 'of the permission' | 'holds no object'>> = {
  ApiKey: 'of one account',
  ApiKeyConnection: 'of one account',
  ApiKeyEdge: 'of one account',
  ApiKeyVerification: 'holds no object',
  AuditEvent: 'of one account',
  AuditEventConnection: 'of one account',
  AuditEventEdge: 'of one account',
  AuthPayload: 'of one account',
  CreateApiKeyPayload: 'of one account',
  CreatePortalSessionPayload: 'of one account',
  DeleteMyAccountPayload: 'holds no object',
  DeletePolicyPayload: 'holds no object',
  DeleteUserPayload: 'holds no object',
  DisableUserPayload: 'of the permission',
  EnableUserPayload: 'of the permission',
  EndOtherSessionsPayload: 'holds no object',
  EffectiveLimits: 'holds no object',
  EndPortalSessionPayload: 'holds no object',
  EndSessionPayload: 'of one account',
  ExampleRequest: 'holds no object',
  IdentityProviderInfo: 'holds no object',
  ImportApiKeyResult: 'holds no object',
  ImportApiKeysPayload: 'holds no object',
  KeyPolicy: 'holds no object',
  PageInfo: 'holds no object',
  Policy: 'holds no object',
  PolicyPayload: 'of the permission',
  RateLimit: 'holds no object',
  RateLimitState: 'holds no object',
  RefusalCount: 'holds no object',
  RevokeApiKeyPayload: 'of one account',
  RevokeApiKeysPayload: 'of the permission',
  RotateApiKeyPayload: 'of one account',
  ServerInfo: 'holds no object',
  Session: 'of one account',
  SignOutPayload: 'holds no object',
  UpdateApiKeyPayload: 'of one account',
  UpsertUserPayload: 'of the permission',
  UsagePoint: 'holds no object',
  User: 'of one account',
  UserConnection: 'of the permission',
  UserEdge: 'of the permission',
  CreateWebhookEndpointPayload: 'of the permission',
  DeleteWebhookEndpointPayload: 'holds no object',
  RedeliverWebhooksPayload: 'holds no object',
  RotateWebhookSecretPayload: 'of the permission',
  TestWebhookEndpointPayload: 'of the permission',
  UpdateWebhookEndpointPayload: 'of the permission',
  WebhookDelivery: 'of the permission',
  WebhookDeliveryConnection: 'of the permission',
  WebhookDeliveryEdge: 'of the permission',
  WebhookEndpoint: 'of the permission',
};

const schema = buildKeywardSchema({} as never);

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

/** Each kind of caller: how it sends a request, and what the access check answers by the rule of the operation. */
interface Caller {
  send: () => Promise<RequestOptions>;
  expected: (rule: Rule) => string;
}

/** Returns the same caller each time: a service and an API key cannot end their own access. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const open = (rule: Rule, outcome: string) => (rule === 'public' ? 'open' : outcome);

/** A service with one permission. Without a user that it acts for, the operations for acting services are closed too. */
const service = (permission: (typeof SERVICE_PERMISSIONS)[number], acts: boolean): Caller => ({
  send: once(async () => {
    const one = await newService(app, [permission]);
    if (!acts) return { token: one.token };
    const externalId = newExternalId();
    const creator = await newService(app, ['users:act']);
    await app.send(CreateApiKeyDocument, {}, actingFor(creator, externalId));
    return actingFor(one, externalId);
  }),
  expected: (rule) => {
    if (rule === 'public' || rule === 'any service' || rule === permission) return 'open';
    if (rule === 'people') return 'FORBIDDEN';
    if (rule !== 'acting') return `FORBIDDEN ${rule}`;
    if (permission !== 'users:act') return 'FORBIDDEN users:act';
    return acts ? 'open' : 'FORBIDDEN';
  },
});

const CALLERS: Readonly<Record<string, Caller>> = {
  anyone: { send: async () => ({}), expected: (rule) => open(rule, 'UNAUTHENTICATED') },
  'an API key': {
    send: once(async () => ({
      token: (await app.ask(CreateApiKeyDocument, {}, (await app.newUser()).accessToken)).createApiKey.plaintextKey,
    })),
    expected: (rule) => open(rule, 'UNAUTHENTICATED'),
  },
  'a user': {
    send: async () => ({ token: (await app.newUser()).accessToken }),
    expected: (rule) => (['public', 'people', 'acting'].includes(rule) ? 'open' : 'FORBIDDEN'),
  },
  'a user who sends the headers of a service': {
    send: async () => ({
      token: (await app.newUser()).accessToken,
      headers: { 'x-keyward-on-behalf-of': 'other', 'x-keyward-actor': 'x' },
    }),
    expected: (rule) => (['public', 'people', 'acting'].includes(rule) ? 'open' : 'FORBIDDEN'),
  },
  ...Object.fromEntries(
    SERVICE_PERMISSIONS.flatMap((permission) => [
      [`a service with ${permission}`, service(permission, false)],
      [`a service with ${permission} that acts for a user`, service(permission, true)],
    ]),
  ),
};

/** Returns an address of its own for each request, because sign-ins are limited by address. */
const addressOf = (caller: string, index: number): string => `10.1.${Object.keys(CALLERS).indexOf(caller)}.${index}`;

/** Codes of errors that come after the access check, for which the operation counts as open. */
const AFTER_ACCESS = ['NOT_FOUND', 'BAD_USER_INPUT', 'INVALID_CREDENTIALS'];

describe('S1: access', () => {
  test('the tables have every operation and every object type of the schema', () => {
    expect(Object.keys(OPERATION_RULES).sort()).toEqual(OPERATIONS.map(({ name }) => name).sort());
    const types = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && !/^__|^(?:Query|Mutation)$/.test(type.name));
    expect(Object.keys(TYPE_RULES).sort()).toEqual(types.map(({ name }) => name).sort());
  });

  test('the marks of the operations are those of the table', () => {
    const marks = [...accessOf(schema)].map(([name, access]): [string, Rule] => {
      if (access === 'public') return [name, 'public'];
      if (access.people) return [name, access.services === 'none' ? 'people' : (access.services as Rule)];
      return [name, access.services === 'any' ? 'any service' : (access.services as Rule)];
    });
    expect(Object.fromEntries(marks)).toEqual(OPERATION_RULES);
  });

  test.each(Object.keys(CALLERS))('%s can use the operations that the table permits, and no others', async (name) => {
    const { send, expected } = CALLERS[name] as Caller;
    const outcomes: Record<string, string> = {};
    for (const [index, operation] of OPERATIONS.entries()) {
      // A user is another one for each operation, because the operation may end the account or the session.
      const { errors } = await app.send(documentOf(operation), {}, { ...(await send()), ipAddress: addressOf(name, index) });
      const [error] = errors;
      const { code, requiredPermission }: Record<string, unknown> = error?.extensions ?? { code: 'open' };
      const isOpen = operation.name === 'refreshSession' || operation.name === 'signOut' || operation.name === 'resetPassword';
      const outcome = `${code}${requiredPermission ? ` ${requiredPermission}` : ''}`;
      outcomes[operation.name] = AFTER_ACCESS.includes(String(code)) || isOpen ? 'open' : outcome;
    }
    expect(outcomes).toEqual(Object.fromEntries(Object.entries(OPERATION_RULES).map(([each, rule]) => [each, expected(rule)])));
  });
});
