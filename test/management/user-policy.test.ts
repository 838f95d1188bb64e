import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  ApiKeysDocument,
  AuditLogDocument,
  CreateApiKeyDocument,
  MyPolicyDocument,
  RevokeApiKeysDocument,
  UpsertUserDocument,
  UserPolicyDocument,
  UsersDocument,
  VerifyApiKeyDocument,
} from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { dataOf } from '../support/doors.js';
import { keyMaker } from '../support/managed-keys.js';
import { PolicyDesk } from '../support/policy-desk.js';
import { queriesOf } from '../support/queries.js';
import { planOf } from '../support/query-plan.js';
import { actingFor, newExternalId, newService } from '../support/services.js';
import { codesOf, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let desk: PolicyDesk;
let newKey: Awaited<ReturnType<typeof keyMaker>>;
beforeAll(async () => {
  app = await startTestApp({ logQueries: true });
  desk = await PolicyDesk.open(app);
  newKey = await keyMaker(app);
  for (const name of ['free', 'pro']) await desk.create({ name, description: 'internal', scopes: [`${name}:*`] });
});
afterAll(() => app.close());

const token = () => ({ token: desk.service.token });
const policyOf = async (externalId: string) =>
  dataOf(await app.send(UserPolicyDocument, { externalId }, token())).user?.policy?.name ?? null;
const setAtOf = async (externalId: string) => {
  const sql = 'SELECT policy_set_at AS at FROM users WHERE external_id = $1';
  return (await runSql<{ at: Date | null }>(app.databaseUrl, sql, [externalId]))[0]?.at ?? null;
};

describe('upsertUser(policy)', () => {
  test('sets the policy of a new user and of an existing one, clears it by null, and leaves it if the field is absent', async () => {
    const externalId = newExternalId();
    const { id } = await desk.assign(externalId, 'free');
    expect(await policyOf(externalId)).toBe('free');
    expect(await setAtOf(externalId)).toEqual(app.clock.now());
    await desk.assign(externalId, 'pro');
    await app.send(UpsertUserDocument, { input: { externalId, trustedMetadata: { a: 1 } } }, token());
    expect(await policyOf(externalId)).toBe('pro');
    await desk.assign(externalId, null);
    expect(await policyOf(externalId)).toBeNull();
    const { auditLog } = await app.ask(AuditLogDocument, { filter: { userId: id } }, desk.service.token);
    expect(auditLog.edges.map(({ node }) => [node.action, node.details])).toEqual([
      ['USER_UPDATED', expect.objectContaining({ changed: ['policy'], policy: null })],
      ['USER_UPDATED', expect.objectContaining({ changed: ['trustedMetadata'] })],
      ['USER_UPDATED', expect.objectContaining({ changed: ['policy'], policy: 'pro' })],
      ['USER_CREATED', expect.objectContaining({ policy: 'free' })],
    ]);
  });

  test('records the time of a repetition, and no event', async () => {
    const externalId = newExternalId();
    const { id } = await desk.assign(externalId, 'free');
    app.clock.advanceSeconds(5);
    await desk.assign(externalId, 'free');
    expect(await setAtOf(externalId)).toEqual(app.clock.now());
    const { auditLog } = await app.ask(AuditLogDocument, { filter: { userId: id } }, desk.service.token);
    expect(auditLog.edges).toHaveLength(1);
  });

  test.each(['unknown', '', 'Not A Name', 'x\u0000'])(
    'rejects the unknown policy %j, together with the other broken rules',
    async (policy) => {
      const externalId = newExternalId();
      const { errors } = await app.send(UpsertUserDocument, { input: { externalId, policy, trustedMetadata: null } }, token());
      const fields = (errors[0]?.extensions.fields ?? []) as { path: string }[];
      expect(fields.map(({ path }) => path).sort()).toEqual(['input.policy', 'input.trustedMetadata']);
      expect(codesOf(await app.send(UserPolicyDocument, { externalId }, token()))).toEqual(['NOT_FOUND']);
    },
  );

  test('P1: binds existing keys at the next verification', async () => {
    const { plaintextKey: key, externalId } = await newKey({ scopes: ['free:x', 'pro:x'] });
    const verify = async (scope: string) =>
      (await app.ask(VerifyApiKeyDocument, { input: { key, scopes: [scope] } }, undefined)).verifyApiKey.code;
    expect([await verify('free:x'), await verify('pro:x')]).toEqual(['VALID', 'VALID']);
    await desk.assign(externalId, 'free');
    expect([await verify('free:x'), await verify('pro:x')]).toEqual(['VALID', 'INSUFFICIENT_SCOPE']);
    await desk.assign(externalId, 'pro');
    expect([await verify('free:x'), await verify('pro:x')]).toEqual(['INSUFFICIENT_SCOPE', 'VALID']);
    await desk.assign(externalId, null);
    expect([await verify('free:x'), await verify('pro:x')]).toEqual(['VALID', 'VALID']);
  });
});

describe('S1: User.policy', () => {
  test('is readable by the user, without what is for services', async () => {
    const externalId = newExternalId();
    await desk.assign(externalId, 'free');
    const backend = await newService(app, ['users:act']);
    expect(dataOf(await app.send(MyPolicyDocument, {}, actingFor(backend, externalId))).me.policy).toMatchObject({
      name: 'free',
      description: 'internal',
      userCount: expect.any(Number),
    });
    const { user, accessToken } = await app.newUser();
    await runSql(app.databaseUrl, "UPDATE users SET policy_id = (SELECT id FROM policies WHERE name = 'free') WHERE id = $1", [user.id]);
    expect((await app.ask(MyPolicyDocument, {}, accessToken)).me.policy).toMatchObject({
      name: 'free',
      scopes: ['free:*'],
      description: null,
      userCount: null,
    });
  });

  test('needs users:read for another user', async () => {
    const externalId = newExternalId();
    await desk.assign(externalId, 'free');
    const other = await newService(app, ['policies:write', 'keys:read']);
    const answer = await app.send(UserPolicyDocument, { externalId }, { token: other.token });
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', requiredPermission: 'users:read' });
  });
});

describe('users(filter.policy)', () => {
  test('returns the users who have the policy of their own, in pages, by an index', async () => {
    await desk.create({ name: 'listed' });
    const ids = [];
    for (let n = 0; n < 3; n += 1) {
      app.clock.advanceSeconds(1);
      ids.unshift((await desk.assign(`listed-${n}`, 'listed')).id);
    }
    const list = async (variables: object) => dataOf(await app.send(UsersDocument, variables, token())).users;
    const first = await list({ first: 2, filter: { policy: 'listed' } });
    const rest = await list({ first: 2, filter: { policy: 'listed' }, after: first.pageInfo.endCursor });
    expect([...first.edges, ...rest.edges].map(({ node }) => node.id)).toEqual(ids);
    expect((await list({ filter: { policy: 'listed', search: 'listed-1' } })).edges).toHaveLength(1);
    expect((await list({ filter: { policy: 'listed', externalIds: ['listed-2', 'unknown'] } })).edges).toHaveLength(1);
    expect((await list({ filter: { policy: 'unknown' } })).edges).toEqual([]);
    expect((await list({ filter: { policy: null, externalIds: ['listed-2'] } })).edges).toHaveLength(1);
    const queries = await queriesOf(app, () => list({ filter: { policy: 'listed' } }));
    const query = queries.find((sql) => /FROM users/.test(sql) && /created_at AS at/.test(sql));
    expect(await planOf(app.databaseUrl, query)).toContain('users_policy_id_idx');
  });
});

describe('apiKeys(filter.policy)', () => {
  test('returns the keys of users who have the policy of their own, and combines it with the other fields', async () => {
    await desk.create({ name: 'keyed' });
    const externalId = newExternalId();
    await desk.assign(externalId, 'keyed');
    const [one, two] = [await newKey({ scopes: ['a'] }, externalId), await newKey({ scopes: ['b'] }, externalId)];
    const stranger = await newKey({ scopes: ['a'] });
    const list = async (filter: object) =>
      dataOf(await app.send(ApiKeysDocument, { filter }, token())).apiKeys.edges.map(({ node }) => node.id);
    expect(await list({ policy: 'keyed' })).toEqual([two.id, one.id]);
    expect(await list({ policy: 'keyed', scope: 'a' })).toEqual([one.id]);
    expect(await list({ policy: 'keyed', ids: [one.id, stranger.id] })).toEqual([one.id]);
    expect(await list({ policy: 'keyed', externalIds: [stranger.externalId] })).toEqual([]);
    expect(await list({ policy: 'unknown' })).toEqual([]);
    const queries = await queriesOf(app, () => list({ policy: 'keyed' }));
    const plans = [];
    for (const sql of queries.filter((each) => /FROM api_keys/.test(each) && /created_at/.test(each)))
      plans.push(await planOf(app.databaseUrl, sql));
    expect(plans.join('\n')).toContain('api_keys_user_id_created_at_id_idx');
  });

  test('finds the keys of more users than are listed by their owners', async () => {
    const { policy } = await desk.create({ name: 'crowd' });
    await runSql(
      app.databaseUrl,
      `WITH owners AS (INSERT INTO users (id, external_id, policy_id, created_at)
         SELECT gen_random_uuid(), 'crowd-' || n, $1::uuid, now() FROM generate_series(1, 600) n RETURNING id)
       INSERT INTO api_keys (id, user_id, key_prefix, hashed_key, created_at)
         SELECT gen_random_uuid(), id, 'amos_' || substr(id::text, 1, 13), 'x', now() FROM owners`,
      [policy.id],
    );
    const ids = new Set<string>();
    for (let after: string | null = null; ; ) {
      const answer: { apiKeys: { edges: { node: { id: string } }[]; pageInfo: { hasNextPage: boolean; endCursor?: string | null } } } =
        dataOf(await app.send(ApiKeysDocument, { first: 100, after, filter: { policy: 'crowd' } }, token()));
      for (const { node } of answer.apiKeys.edges) ids.add(node.id);
      if (!answer.apiKeys.pageInfo.hasNextPage) break;
      after = answer.apiKeys.pageInfo.endCursor ?? null;
    }
    expect(ids.size).toBe(600);
  });

  test('selects the keys that revokeApiKeys revokes', async () => {
    await desk.create({ name: 'ended' });
    const externalId = newExternalId();
    await desk.assign(externalId, 'ended');
    const { plaintextKey: key } = await newKey({}, externalId);
    const writer = await newService(app, ['keys:write']);
    const answer = await app.send(RevokeApiKeysDocument, { filter: { policy: 'ended' } }, { token: writer.token });
    expect(dataOf(answer).revokeApiKeys).toMatchObject({ matched: 1, revoked: 1, complete: true });
    expect((await app.ask(VerifyApiKeyDocument, { input: { key } }, undefined)).verifyApiKey.code).toBe('REVOKED');
    expect(codesOf(await app.send(CreateApiKeyDocument, {}, actingFor(desk.service, externalId)))).toEqual([]);
  });
});
