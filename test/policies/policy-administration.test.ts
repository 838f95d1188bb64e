import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AuditLogDocument, PoliciesDocument, type PolicyInput, UpsertUserDocument, VerifyApiKeyDocument } from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { dataOf } from '../support/doors.js';
import { keyMaker } from '../support/managed-keys.js';
import { PolicyDesk } from '../support/policy-desk.js';
import { newExternalId, newService } from '../support/services.js';
import { type Answer, codesOf, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let desk: PolicyDesk;
beforeAll(async () => {
  app = await startTestApp({ env: { SCOPES: 'orders:read,orders:write,orders:*' } });
  desk = await PolicyDesk.open(app);
});
afterAll(() => app.close());

const ALL: PolicyInput = {
  description: 'The free plan',
  scopes: ['orders:read', 'orders:read'],
  keysMax: 3,
  ownerRateLimit: { limit: 1_000, windowSeconds: 60 },
  keyLifetimeDaysMax: 90,
  expiryRequired: true,
  allowedCidrs: ['10.1.2.3/8', '::1'],
};
const STORED = { ...ALL, scopes: ['orders:read'], allowedCidrs: ['10.0.0.0/8', '::1'] };

const policies = async () => (await app.ask(PoliciesDocument, {}, desk.service.token)).policies;
const eventsOf = async (policyId: string) => {
  const { auditLog } = await app.ask(AuditLogDocument, {}, desk.service.token);
  return auditLog.edges.map(({ node }) => node).filter(({ details }) => (details as { policyId?: string }).policyId === policyId);
};
const faultsOf = ({ errors }: Pick<Answer<unknown>, 'errors'>) =>
  ((errors[0]?.extensions.fields ?? []) as { path: string; message: string }[]).map(({ path }) => path);

describe('createPolicy', () => {
  test('creates a policy with every setting in its canonical form, and records the ceilings', async () => {
    const { policy, affectedKeys, affectedKeysIsComplete } = await desk.create({ name: 'free', ...ALL });
    expect(policy).toEqual({ id: expect.any(String), name: 'free', userCount: 0, ...STORED });
    expect([affectedKeys, affectedKeysIsComplete]).toEqual([0, true]);
    const [event] = await eventsOf(policy.id);
    const { description: _description, ...after } = STORED;
    expect(event).toMatchObject({ action: 'POLICY_CREATED', userId: null, apiKeyId: null, details: { name: 'free', after } });
    expect(JSON.stringify(event)).not.toContain('free plan');
  });

  test('limits nothing by a setting that is absent', async () => {
    const { policy } = await desk.create({ name: 'open' });
    const nothing = { scopes: null, keysMax: null, ownerRateLimit: null, keyLifetimeDaysMax: null, expiryRequired: false };
    expect(policy).toEqual({ id: policy.id, name: 'open', description: null, ...nothing, allowedCidrs: [], userCount: 0 });
  });

  test('rejects a name that is taken with CONFLICT, also in a dry run, and for all but one of 10 parallel requests', async () => {
    await desk.create({ name: 'taken' });
    expect(codesOf(await desk.sendCreate({ name: 'taken' }))).toEqual(['CONFLICT']);
    expect(codesOf(await desk.sendCreate({ name: 'taken' }, true))).toEqual(['CONFLICT']);
    const answers = await Promise.all(Array.from({ length: 10 }, () => desk.sendCreate({ name: 'raced' })));
    expect(answers.flatMap(codesOf)).toEqual(Array(9).fill('CONFLICT'));
    expect((await policies()).filter(({ name }) => name === 'raced')).toHaveLength(1);
  });

  test('reports every broken rule together, with its path', async () => {
    const input: PolicyInput = {
      name: 'Not A Name',
      description: '',
      scopes: ['orders:read', 'unknown:scope', 'B@D'],
      keysMax: 1_001,
      ownerRateLimit: { limit: 0, windowSeconds: 86_401 },
      keyLifetimeDaysMax: 3_651,
      expiryRequired: null,
      allowedCidrs: ['10.0.0.0/8', '10.0.0.0/33'],
    };
    const answer = await desk.sendCreate(input);
    expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
    expect(faultsOf(answer)).toEqual([
      'input.name',
      'input.description',
      'input.scopes.1',
      'input.scopes.2',
      'input.keysMax',
      'input.ownerRateLimit.limit',
      'input.ownerRateLimit.windowSeconds',
      'input.keyLifetimeDaysMax',
      'input.expiryRequired',
      'input.allowedCidrs.1',
    ]);
    expect(answer.text).not.toMatch(/unknown:scope|B@D|Not A Name|\/33/);
  });

  test.each(['', '1a', '-a', 'a b', 'A', 'é', `a${'b'.repeat(64)}`, null, undefined])('rejects the name %j', async (name) => {
    const answer = await desk.sendCreate(name === undefined ? {} : { name });
    expect(faultsOf(answer)).toEqual(['input.name']);
  });

  test.each(['a', 'a-1', `a${'b'.repeat(63)}`])('accepts the name %j', async (name) => {
    expect((await desk.create({ name }, true)).policy.name).toBe(name);
    expect((await policies()).map((policy) => policy.name)).not.toContain(name);
  });

  test('accepts the bounds of each number', async () => {
    const least = { keysMax: 0, keyLifetimeDaysMax: 1, ownerRateLimit: { limit: 1, windowSeconds: 1 } };
    const most = { keysMax: 1_000, keyLifetimeDaysMax: 3_650, ownerRateLimit: { limit: 1_000_000, windowSeconds: 86_400 } };
    for (const bounds of [least, most]) expect((await desk.create({ name: 'bounds', ...bounds }, true)).policy).toMatchObject(bounds);
  });

  test('rejects a policy beyond the 500th with CONFLICT', async () => {
    const other = await startTestApp();
    const full = await PolicyDesk.open(other);
    await runSql(
      other.databaseUrl,
      "INSERT INTO policies (id, name, created_at) SELECT gen_random_uuid(), 'p' || n, now() FROM generate_series(1, 499) n",
    );
    const answers = await Promise.all(['a', 'b', 'c'].map((name) => full.sendCreate({ name })));
    expect(answers.flatMap(codesOf)).toEqual(['CONFLICT', 'CONFLICT']);
    expect((await other.ask(PoliciesDocument, {}, full.service.token)).policies).toHaveLength(500);
    await other.close();
  });
});

describe('updatePolicy', () => {
  test('changes the given settings alone, clears by null, and records what changed', async () => {
    const { policy } = await desk.create({ name: 'changed', ...ALL });
    expect((await desk.update(policy.id, { keysMax: 4 })).policy).toEqual({ ...policy, keysMax: 4 });
    const cleared = { description: null, scopes: null, keysMax: null, ownerRateLimit: null, keyLifetimeDaysMax: null };
    const { policy: open } = await desk.update(policy.id, { ...cleared, allowedCidrs: null, expiryRequired: false });
    expect(open).toEqual({ ...policy, ...cleared, expiryRequired: false, allowedCidrs: [] });
    const [second, first] = await eventsOf(policy.id);
    expect(first).toMatchObject({
      action: 'POLICY_UPDATED',
      userId: null,
      details: { changed: ['keysMax'], before: { keysMax: 3 }, after: { keysMax: 4 } },
    });
    const changed = ['description', 'scopes', 'keysMax', 'ownerRateLimit', 'keyLifetimeDaysMax', 'expiryRequired', 'allowedCidrs'];
    expect(second?.details).toMatchObject({ changed, after: { scopes: null, ownerRateLimit: null } });
  });

  test('distinguishes an empty list of scopes from null', async () => {
    const { policy } = await desk.create({ name: 'no-scopes', scopes: [] });
    expect(policy.scopes).toEqual([]);
    expect((await desk.update(policy.id, { scopes: null })).policy.scopes).toBeNull();
    expect((await desk.update(policy.id, { scopes: [] })).policy.scopes).toEqual([]);
  });

  test('records nothing for a repetition, and returns the same policy', async () => {
    const { policy } = await desk.create({ name: 'repeated', ...ALL });
    expect(await desk.update(policy.id, ALL)).toMatchObject({ policy, affectedKeys: 0, affectedKeysIsComplete: true });
    expect((await desk.update(policy.id, { name: 'repeated' })).policy).toEqual(policy);
    expect(await eventsOf(policy.id)).toHaveLength(1);
  });

  test('rejects another name, and reports it together with the other broken rules', async () => {
    const { policy } = await desk.create({ name: 'named' });
    expect(faultsOf(await desk.sendUpdate(policy.id, { name: 'renamed', keysMax: -1 }))).toEqual(['input.name', 'input.keysMax']);
    expect(faultsOf(await desk.sendUpdate(policy.id, { name: null }))).toEqual(['input.name']);
  });

  test('returns NOT_FOUND for an unknown id', async () => {
    for (const id of ['01a20538-5745-77c0-8216-711042d53509', 'free']) {
      expect(codesOf(await desk.sendUpdate(id, {}))).toEqual(['NOT_FOUND']);
      expect(codesOf(await desk.sendUpdate(id, {}, true))).toEqual(['NOT_FOUND']);
      expect(codesOf(await desk.sendDelete(id))).toEqual(['NOT_FOUND']);
    }
  });

  test('changes nothing in a dry run', async () => {
    const { policy } = await desk.create({ name: 'planned', ...ALL });
    expect((await desk.update(policy.id, { keysMax: 1 }, true)).policy).toEqual({ ...policy, keysMax: 1 });
    expect((await policies()).find(({ id }) => id === policy.id)).toEqual(policy);
    expect(await eventsOf(policy.id)).toHaveLength(1);
  });
});

describe('deletePolicy', () => {
  test('deletes a policy, and records its ceilings', async () => {
    const { policy } = await desk.create({ name: 'deleted', keysMax: 2 });
    expect(dataOf(await desk.sendDelete(policy.id)).deletePolicy).toEqual({ deleted: true });
    expect((await eventsOf(policy.id))[0]).toMatchObject({ action: 'POLICY_DELETED', details: { before: { keysMax: 2 } } });
    expect(codesOf(await desk.sendDelete(policy.id))).toEqual(['NOT_FOUND']);
  });

  test('returns CONFLICT while users have the policy', async () => {
    const { policy } = await desk.create({ name: 'used' });
    const externalId = newExternalId();
    await desk.assign(externalId, 'used');
    expect(codesOf(await desk.sendDelete(policy.id))).toEqual(['CONFLICT']);
    expect((await policies()).find(({ id }) => id === policy.id)?.userCount).toBe(1);
    await desk.assign(externalId, null);
    expect(codesOf(await desk.sendDelete(policy.id))).toEqual([]);
  });

  test('leaves no user with a deleted policy, while users are given it', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { policy } = await desk.create({ name: 'contested' });
      const upsert = () =>
        app.send(UpsertUserDocument, { input: { externalId: newExternalId(), policy: 'contested' } }, { token: desk.service.token });
      const [deleted, ...assigned] = await Promise.all([desk.sendDelete(policy.id), ...Array.from({ length: 4 }, upsert)]);
      const isDeleted = codesOf(deleted).length === 0;
      for (const answer of assigned) expect([[], isDeleted ? ['BAD_USER_INPUT'] : []]).toContainEqual(codesOf(answer));
      const given = assigned.filter((answer) => codesOf(answer).length === 0).length;
      expect(isDeleted && given > 0).toBe(false);
      await runSql(app.databaseUrl, 'UPDATE users SET policy_id = NULL WHERE policy_id = $1', [policy.id]);
      if (!isDeleted) await desk.sendDelete(policy.id);
    }
  });

  test('P1: lifts the ceilings of users without a policy of their own at the next verification, if the policy is named default', async () => {
    const newKey = await keyMaker(app);
    const { plaintextKey: key } = await newKey({ scopes: ['orders:write'] });
    const verify = async () =>
      (await app.ask(VerifyApiKeyDocument, { input: { key, scopes: ['orders:write'] } }, undefined)).verifyApiKey.code;
    expect(await verify()).toBe('VALID');
    const { policy } = await desk.create({ name: 'default', scopes: ['orders:read'] });
    expect(await verify()).toBe('INSUFFICIENT_SCOPE');
    await desk.update(policy.id, { scopes: ['orders:*'] });
    expect(await verify()).toBe('VALID');
    await desk.update(policy.id, { scopes: [] });
    expect(await verify()).toBe('INSUFFICIENT_SCOPE');
    await desk.sendDelete(policy.id);
    expect(await verify()).toBe('VALID');
  });
});

describe('policies', () => {
  test('returns all policies by name, with their users, to every service', async () => {
    const verifier = await newService(app, ['keys:verify']);
    const { policies: all } = await app.ask(PoliciesDocument, {}, verifier.token);
    expect(all.map(({ name }) => name)).toEqual([...all.map(({ name }) => name)].sort());
    expect(all.find(({ name }) => name === 'free')).toMatchObject({ description: 'The free plan', userCount: 0 });
  });

  test('requires policies:write for changes', async () => {
    const other = await newService(app, ['users:write', 'keys:write']);
    const answer = await app.send('mutation { createPolicy(input: { name: "x" }) { policy { id } } }', {}, { token: other.token });
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', requiredPermission: 'policies:write' });
  });
});
