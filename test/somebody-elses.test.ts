import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GraphQLNonNull, isObjectType } from 'graphql';
import { buildKeywardSchema } from '../src/keyward-schema.js';
import {
  ApiKeyDocument,
  DeletePolicyDocument,
  DeleteUserDocument,
  DeleteWebhookEndpointDocument,
  DisableUserDocument,
  EnableUserDocument,
  EndPortalSessionDocument,
  EndSessionDocument,
  MySessionsDocument,
  RedeliverWebhooksDocument,
  RevokeApiKeyDocument,
  RotateApiKeyDocument,
  RotateWebhookSecretDocument,
  TestWebhookEndpointDocument,
  type TypedDocumentString,
  UpdateApiKeyDocument,
  UpdatePolicyDocument,
  UpdateWebhookEndpointDocument,
  UserDocument,
  WebhookDeliveriesDocument,
} from './generated/graphql.js';
import { runSql } from './support/database.js';
import { newKey } from './support/doors.js';
import { codesOf, startTestApp, type TestApp } from './support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

/** Each operation that takes an id, with the type of the id and the document that is sent. */
// biome-ignore lint/suspicious/noExplicitAny: each document has variables and data of its own.
const OPERATIONS: Record<string, { of: 'key' | 'session' | 'user'; document: TypedDocumentString<any, any>; variables?: object }> = {
  apiKey: { of: 'key', document: ApiKeyDocument },
  updateApiKey: { of: 'key', document: UpdateApiKeyDocument, variables: { input: { name: 'mine now', scopes: ['a'] } } },
  rotateApiKey: { of: 'key', document: RotateApiKeyDocument },
  revokeApiKey: { of: 'key', document: RevokeApiKeyDocument, variables: { reason: 'mine now' } },
  endSession: { of: 'session', document: EndSessionDocument },
  // For services alone: users are rejected for their own objects too.
  user: { of: 'user', document: UserDocument },
  disableUser: { of: 'user', document: DisableUserDocument },
  enableUser: { of: 'user', document: EnableUserDocument },
  deleteUser: { of: 'user', document: DeleteUserDocument },
  endPortalSession: { of: 'user', document: EndPortalSessionDocument },
  updatePolicy: { of: 'user', document: UpdatePolicyDocument, variables: { input: { keysMax: 1 } } },
  deletePolicy: { of: 'user', document: DeletePolicyDocument },
  webhookDeliveries: { of: 'user', document: WebhookDeliveriesDocument },
  updateWebhookEndpoint: { of: 'user', document: UpdateWebhookEndpointDocument, variables: { input: { enabled: false } } },
  rotateWebhookSecret: { of: 'user', document: RotateWebhookSecretDocument },
  deleteWebhookEndpoint: { of: 'user', document: DeleteWebhookEndpointDocument },
  testWebhookEndpoint: { of: 'user', document: TestWebhookEndpointDocument },
  redeliverWebhooks: { of: 'user', document: RedeliverWebhooksDocument, variables: { since: '2026-11-01T00:00:00Z' } },
};

describe('K6: objects of another user', () => {
  test('the table of operations has every operation that takes an id', () => {
    const schema = buildKeywardSchema({} as never);
    const fields = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
      isObjectType(type) ? Object.values(type.getFields()) : [],
    );
    const takingIds = fields.filter(({ args }) =>
      args.some(({ type }) => String(type instanceof GraphQLNonNull ? type.ofType : type) === 'ID'),
    );
    expect(takingIds.map(({ name }) => name).sort()).toEqual(Object.keys(OPERATIONS).sort());
  });

  test.each(Object.entries(OPERATIONS))(
    '%s: returns FORBIDDEN, changes nothing and reveals nothing',
    async (_name, { of, document, variables }) => {
      const [owner, stranger] = [await newKey(app, { name: 'private' }), await newKey(app)];
      const [session] = (await app.ask(MySessionsDocument, {}, owner.token)).mySessions;
      const state = () =>
        Promise.all(['api_keys', 'sessions', 'users'].map((table) => runSql(app.databaseUrl, `SELECT * FROM ${table} ORDER BY id`)));
      const before = await state();
      const id = { key: owner.id, session: session?.id, user: owner.userId }[of];
      const answer = await app.send(document, { id, endpointId: id, ...variables }, { token: stranger.token });
      expect(codesOf(answer)).toEqual(['FORBIDDEN']);
      expect([null, { apiKey: null }, { user: null }]).toContainEqual(answer.data);
      expect(answer.text).not.toMatch(/private|amos_/);
      expect(await state()).toEqual(before);
      expect(codesOf(await app.send(document, { id, endpointId: id, ...variables }, { token: owner.token }))).toEqual(
        of === 'user' ? ['FORBIDDEN'] : [],
      );
    },
  );
});
