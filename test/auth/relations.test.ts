import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type GraphQLNamedType, getNamedType, isObjectType } from 'graphql';
import { SERVICE_PERMISSIONS } from '../../src/auth/service-tokens/service-permission.js';
import { buildKeywardSchema } from '../../src/keyward-schema.js';
import { RotateApiKeyDocument } from '../generated/graphql.js';
import { dataOf, type MadeKey, newKey } from '../support/doors.js';
import { actingFor, newExternalId, newService } from '../support/services.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const schema = buildKeywardSchema({} as never);

/** The types with objects that belong to one user, with the permission that reads those of every user, and an operation for each. */
const TYPES: Readonly<Record<string, { permission: (typeof SERVICE_PERMISSIONS)[number]; document: (field: string) => string }>> = {
  User: { permission: 'users:read', document: (field) => `query ($user: ID) { user(id: $user) { ${field} } }` },
  ApiKey: { permission: 'keys:read', document: (field) => `query ($key: String!) { findApiKey(key: $key) { ${field} } }` },
  AuditEvent: {
    permission: 'audit:read',
    document: (field) => `query ($id: ID) { auditLog(first: 1, filter: { apiKeyId: $id }) { edges { node { ${field} } } } }`,
  },
};

/** The fields that lead from one such object to others, with the type of these. A new field needs a row. */
const RELATIONS: Readonly<Record<string, keyof typeof TYPES>> = {
  'User.apiKeys': 'ApiKey',
  'ApiKey.owner': 'User',
  'ApiKey.replaces': 'ApiKey',
  'ApiKey.replacedBy': 'ApiKey',
  'ApiKey.events': 'AuditEvent',
  'AuditEvent.user': 'User',
  'AuditEvent.apiKey': 'ApiKey',
};

/** Returns the types of TYPES that a value of a type leads to, without those that lie behind another one. */
function reachable(type: GraphQLNamedType, seen: GraphQLNamedType[] = []): string[] {
  if (!isObjectType(type) || seen.includes(type)) return [];
  if (type.name in TYPES) return [type.name];
  return Object.values(type.getFields()).flatMap((field) => reachable(getNamedType(field.type), [...seen, type]));
}

let app: TestApp;
let made: MadeKey;
let variables: { user: string; key: string; id: string };
beforeAll(async () => {
  app = await startTestApp();
  made = await newKey(app, { name: 'private' });
  await app.ask(RotateApiKeyDocument, { id: made.id }, made.token);
  variables = { user: made.userId, key: made.key.slice(0, 13), id: made.id };
});
afterAll(() => app.close());

const pairs = Object.entries(RELATIONS).map(([relation, target]) => {
  const [source = '', field = ''] = relation.split('.');
  return { relation, source, field, target };
});

const documentOf = (source: string, field: string) => TYPES[source]?.document(`${field} { __typename }`) ?? '';

describe('S1: what an object leads to', () => {
  test('the table has every field that leads from an object of a user to another one', () => {
    const found = Object.keys(TYPES).flatMap((name) => {
      const type = schema.getType(name);
      if (!isObjectType(type)) throw new Error(`${name} is no object type`);
      return Object.values(type.getFields()).flatMap((field) =>
        reachable(getNamedType(field.type)).map((target) => [`${name}.${field.name}`, target]),
      );
    });
    expect(Object.fromEntries(found)).toEqual(RELATIONS);
  });

  test.each(pairs)('$relation needs the permission for $target, and no other permission gives it', async ({ source, field, target }) => {
    const [own, needed] = [TYPES[source]?.permission ?? '', TYPES[target]?.permission ?? ''];
    const document = documentOf(source, field);
    for (const permission of SERVICE_PERMISSIONS) {
      const service = await newService(app, [...new Set([own, permission])]);
      const { errors, data } = await app.send(document, variables, { token: service.token });
      const isOpen = own === needed || permission === needed;
      expect([permission, errors.map(({ extensions }) => extensions.requiredPermission)]).toEqual([permission, isOpen ? [] : [needed]]);
      if (isOpen) expect(data).toBeTruthy();
    }
  });

  test.each(pairs)('$relation is closed to a service that only names the user in a header', async ({ source, field, target }) => {
    const [own, needed] = [TYPES[source]?.permission ?? '', TYPES[target]?.permission ?? ''];
    if (own === needed) return;
    const externalId = newExternalId();
    const [backend, reader] = [await newService(app, ['users:act']), await newService(app, [own])];
    const created = await app.send(
      'mutation { createApiKey { apiKey { id keyPrefix owner { id } } } }',
      {},
      actingFor(backend, externalId),
    );
    const { apiKey } = (dataOf(created) as { createApiKey: { apiKey: { id: string; keyPrefix: string; owner: { id: string } } } })
      .createApiKey;
    const theirs = { user: apiKey.owner.id, key: apiKey.keyPrefix, id: apiKey.id };
    const { errors } = await app.send(documentOf(source, field), theirs, actingFor(reader, externalId));
    expect(errors.map(({ extensions }) => extensions.requiredPermission)).toEqual([needed]);
  });

  test('the permission for an operation covers its own result, and nothing after it', async () => {
    const service = await newService(app, ['users:write', 'keys:write']);
    const send = (document: string) => app.send(document, {}, { token: service.token });
    const permissions = async (document: string) => (await send(document)).errors.map(({ extensions }) => extensions.requiredPermission);
    const externalId = newExternalId();
    const upsert = (fields: string) => `mutation { upsertUser(input: { externalId: "${externalId}" }) { user { ${fields} } } }`;
    expect(await permissions(upsert('id email externalId trustedMetadata'))).toEqual([]);
    expect(await permissions(upsert('apiKeys { edges { cursor } }'))).toEqual(['keys:read']);
    const sample = (fields: string) => `mutation { revokeApiKeys(filter: { ids: ["${made.id}"] }, dryRun: true) { sample { ${fields} } } }`;
    expect(await permissions(sample('id name'))).toEqual([]);
    expect(await permissions(sample('owner { id }'))).toEqual(['users:read']);
    expect(await permissions(sample('replacedBy { id }'))).toEqual(['keys:read']);
    expect(await permissions(sample('events { edges { cursor } }'))).toEqual(['audit:read']);
  });

  test('a user, and a service that acts for the user, read everything that their own objects lead to', async () => {
    const fields = `id owner { id apiKeys { edges { node { id } } } } replacedBy { id replaces { id } }
      events { edges { node { id user { id } apiKey { id } } } }`;
    const document = `{ myApiKeys { ${fields} } myAuditLog { edges { node { user { id } apiKey { id } } } } }`;
    const backend = await newService(app, ['users:act']);
    const externalId = newExternalId();
    await app.send('mutation { createApiKey { apiKey { id } } }', {}, actingFor(backend, externalId));
    for (const options of [{ token: made.token }, actingFor(backend, externalId)]) {
      const { errors, data } = await app.send(document, {}, options);
      expect(errors).toEqual([]);
      expect((data as { myApiKeys: unknown[] }).myApiKeys.length).toBeGreaterThan(0);
    }
  });
});
