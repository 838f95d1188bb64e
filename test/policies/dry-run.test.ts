import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type CreateApiKeyInput, RevokeApiKeyDocument, UpdatePolicyDocument } from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { keyMaker } from '../support/managed-keys.js';
import { PolicyDesk } from '../support/policy-desk.js';
import { actingFor, newExternalId, newService } from '../support/services.js';
import { codesOf, startTestApp, type TestApp } from '../support/test-app.js';

const DAY_SECONDS = 86_400;

let app: TestApp;
let desk: PolicyDesk;
let newKey: Awaited<ReturnType<typeof keyMaker>>;
let number = 0;
beforeAll(async () => {
  app = await startTestApp();
  desk = await PolicyDesk.open(app);
  newKey = await keyMaker(app);
});
afterAll(() => app.close());

/** Creates a policy, and keys of one user of it. */
async function policyWith(settings: object, ...keys: CreateApiKeyInput[]) {
  number += 1;
  const { policy } = await desk.create({ name: `plan-${number}`, ...settings });
  const externalId = newExternalId();
  await desk.assign(externalId, policy.name);
  const created = [];
  for (const key of keys) created.push(await newKey(key, externalId));
  return { policy, externalId, ids: created.map(({ id }) => id) };
}

const in30Days = () => new Date(app.clock.now().getTime() + 30 * DAY_SECONDS * 1_000).toISOString();

describe('updatePolicy(dryRun)', () => {
  test('counts the keys that lose a scope, an address or lifetime, and no others', async () => {
    const { policy, ids } = await policyWith(
      {},
      { scopes: ['a:read'], allowedCidrs: ['10.1.0.0/16'], expiresAt: in30Days() },
      { scopes: ['a:write'], allowedCidrs: ['10.1.0.0/16'], expiresAt: in30Days() },
      { scopes: ['a:read'], allowedCidrs: ['10.2.0.0/16'], expiresAt: in30Days() },
      { scopes: ['a:read'], allowedCidrs: ['10.1.0.0/16'] },
    );
    const affected = async (input: object) => {
      const { affectedKeys, affectedKeysIsComplete, sample } = await desk.update(policy.id, input, true);
      expect([affectedKeysIsComplete, sample.length]).toEqual([true, affectedKeys]);
      return sample.map(({ id }) => ids.indexOf(id)).sort();
    };
    expect(await affected({ scopes: ['a:read'] })).toEqual([1]);
    expect(await affected({ allowedCidrs: ['10.1.0.0/17', '10.1.128.0/17'] })).toEqual([2]);
    expect(await affected({ keyLifetimeDaysMax: 31 })).toEqual([3]);
    expect(await affected({ keyLifetimeDaysMax: 29 })).toEqual([0, 1, 2, 3]);
    expect(await affected({ scopes: ['a:read'], allowedCidrs: ['10.1.0.0/16'], keyLifetimeDaysMax: 31 })).toEqual([1, 2, 3]);
    expect(await affected({ scopes: ['a:*'], keysMax: 0, ownerRateLimit: { limit: 1, windowSeconds: 1 }, expiryRequired: true })).toEqual(
      [],
    );
  });

  test('counts the keys that are usable by the policy before the change', async () => {
    const { policy, ids, externalId } = await policyWith(
      { keyLifetimeDaysMax: 40 },
      { scopes: ['a'] },
      { scopes: ['a'] },
      { scopes: ['a'] },
    );
    await app.send(RevokeApiKeyDocument, { id: ids[1] ?? '' }, actingFor(desk.service, externalId));
    await runSql(app.databaseUrl, "UPDATE api_keys SET created_at = created_at - interval '41 days' WHERE id = $1", [ids[2]]);
    const { affectedKeys, sample } = await desk.update(policy.id, { scopes: [] }, true);
    expect([affectedKeys, sample]).toEqual([1, [{ id: ids[0] }]]);
    // A longer lifetime takes nothing, and the key that the policy ended is not usable before the change.
    expect((await desk.update(policy.id, { keyLifetimeDaysMax: null }, true)).affectedKeys).toBe(0);
    expect((await desk.update(policy.id, { keyLifetimeDaysMax: null, scopes: [] }, true)).affectedKeys).toBe(1);
  });

  test('counts an imported key from its import', async () => {
    const { policy, ids } = await policyWith({}, { scopes: ['a'], expiresAt: in30Days() });
    const sql = "UPDATE api_keys SET created_at = created_at - interval '1 year', imported_at = created_at WHERE id = $1";
    await runSql(app.databaseUrl, sql, ids);
    expect((await desk.update(policy.id, { keyLifetimeDaysMax: 31 }, true)).affectedKeys).toBe(0);
    expect((await desk.update(policy.id, { keyLifetimeDaysMax: 29 }, true)).affectedKeys).toBe(1);
  });

  test('counts the keys of the users of the policy alone', async () => {
    await policyWith({}, { scopes: ['a'] });
    const { policy } = await policyWith({}, { scopes: ['a'] });
    expect((await desk.update(policy.id, { scopes: [] }, true)).affectedKeys).toBe(1);
  });

  test('returns the same for the change itself', async () => {
    const { policy, ids } = await policyWith({}, { scopes: ['a'] }, { scopes: ['b'] });
    const planned = await desk.update(policy.id, { scopes: ['b'] }, true);
    const changed = await desk.update(policy.id, { scopes: ['b'] });
    expect(changed).toEqual(planned);
    expect(changed).toMatchObject({ affectedKeys: 1, affectedKeysIsComplete: true, sample: [{ id: ids[0] }] });
  });

  test('returns a sample of at most 20 keys, and counts all of them, in several parts', async () => {
    const { policy } = await policyWith({});
    await runSql(
      app.databaseUrl,
      `WITH owners AS (INSERT INTO users (id, external_id, policy_id, created_at)
         SELECT gen_random_uuid(), 'many-' || n, $1::uuid, now() + n * interval '1 ms' FROM generate_series(1, 3000) n RETURNING id, created_at)
       INSERT INTO api_keys (id, user_id, key_prefix, hashed_key, scopes, created_at)
         SELECT gen_random_uuid(), id, 'amos_' || substr(id::text, 1, 8) || n, 'x', ARRAY['a:' || n], created_at FROM owners, generate_series(1, 3) n`,
      [policy.id],
    );
    const { affectedKeys, affectedKeysIsComplete, sample } = await desk.update(policy.id, { scopes: ['a:1', 'a:2'] }, true);
    expect([affectedKeys, affectedKeysIsComplete]).toEqual([3_000, true]);
    expect(new Set(sample.map(({ id }) => id)).size).toBe(20);
  });

  test('needs keys:read for the sample alone, and rejects the request before it changes anything', async () => {
    const { policy } = await policyWith({}, { scopes: ['a'] });
    const { token } = await newService(app, ['policies:write']);
    const refused = await app.send(UpdatePolicyDocument, { id: policy.id, input: { scopes: [] } }, { token });
    expect(refused.errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', requiredPermission: 'keys:read' });
    expect((await desk.update(policy.id, {}, true)).policy.scopes).toBeNull();
    const document = `mutation { updatePolicy(id: "${policy.id}", input: { scopes: [] }, dryRun: true) { affectedKeys } }`;
    const counted = await app.send(document, {}, { token });
    expect([codesOf(counted), counted.data]).toEqual([[], { updatePolicy: { affectedKeys: 1 } }]);
  });
});

describe('createPolicy(dryRun)', () => {
  test('counts the keys of users without a policy of their own, if the policy is named default, and none otherwise', async () => {
    const other = await startTestApp();
    const counter = await PolicyDesk.open(other);
    const make = await keyMaker(other);
    await counter.create({ name: 'own' });
    const { id } = await make({ scopes: ['a'] });
    const { externalId } = await make({ scopes: ['a'] });
    await counter.assign(externalId, 'own');
    expect(await counter.create({ name: 'default', scopes: [] }, true)).toMatchObject({ affectedKeys: 1, sample: [{ id }] });
    expect((await counter.create({ name: 'unused', scopes: [] }, true)).affectedKeys).toBe(0);
    const { policy } = await counter.create({ name: 'default', scopes: ['a'] });
    expect(await counter.update(policy.id, { scopes: [] }, true)).toMatchObject({ affectedKeys: 1, sample: [{ id }] });
    await other.close();
  });
});
