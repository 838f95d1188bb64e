import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ApiKeyWithLimitsDocument, CreateApiKeyDocument, type CreateApiKeyInput, VerifyApiKeyDocument } from '../generated/graphql.js';
import { assignPolicy, type Ceilings, changePolicy, newPolicy } from '../support/policies.js';
import { PolicyDesk } from '../support/policy-desk.js';
import { type ModelKey, policyModel } from '../support/policy-model.js';
import { actingFor, newExternalId, newService, type TestService } from '../support/services.js';
import { codesOf, startTestApp, type TestApp } from '../support/test-app.js';

/** `MODEL_RUNS=1000 npm test -- test/policies/policy-model` runs more. */
const RUNS = Number(process.env.MODEL_RUNS ?? 60);

const DAY_SECONDS = 86_400;
const SCOPES = ['a', 'a:b', 'a:b:c', 'a:*', 'a:b:*', 'b:c'];
const NETWORKS = ['10.0.0.0/8', '11.0.0.0/8', '12.0.0.0/8'];
const ADDRESSES = ['10.1.2.3', '11.1.2.3', '13.1.2.3'];
const DAYS = [1, 30, 90];

const someOf = <T>(items: readonly T[], maxLength: number) => fc.subarray([...items], { maxLength });

const CEILINGS: fc.Arbitrary<Ceilings> = fc.record({
  scopes: fc.option(someOf(SCOPES, 3)),
  keyLifetimeDaysMax: fc.option(fc.constantFrom(...DAYS)),
  expiryRequired: fc.boolean(),
  allowedCidrs: someOf(NETWORKS, 2),
});

const SETTINGS = fc.record({
  scopes: someOf(SCOPES, 3),
  allowedCidrs: someOf(NETWORKS, 2),
  /** Seconds from now. A second more or less than the lifetime of a policy. */
  expiresInSeconds: fc.option(
    fc.tuple(fc.constantFrom(...DAYS), fc.constantFrom(-1, 0, 1)).map(([days, more]) => days * DAY_SECONDS + more),
  ),
});

const USE = fc.record({ scopes: someOf(SCOPES, 2), ipAddress: fc.constantFrom(...ADDRESSES) });

const CASE = fc.record({
  created: CEILINGS,
  changed: CEILINGS,
  settings: SETTINGS,
  uses: fc.array(USE, { minLength: 1, maxLength: 5 }),
  laterSeconds: fc.constantFrom(0, ...DAYS.flatMap((days) => [days * DAY_SECONDS - 1, days * DAY_SECONDS])),
});

let app: TestApp;
let service: TestService;
let desk: PolicyDesk;
beforeAll(async () => {
  app = await startTestApp();
  service = await newService(app, ['users:act']);
  desk = await PolicyDesk.open(app);
});
afterAll(() => app.close());

/** Every use by which two policies can differ: a scope that only a pattern covers, and an address in no network of a policy. */
const everyUse = () =>
  [[], ...[...SCOPES, 'a:z', 'a:b:z'].map((scope) => [scope])].flatMap((scopes) =>
    [...ADDRESSES, '12.1.2.3'].map((ipAddress) => ({ scopes, ipAddress, atMs: nowMs() })),
  );

const nowMs = () => app.clock.now().getTime();

/** Creates a key under a policy, and compares the outcome with the model. Without a policy, if the policy does not permit the key. */
async function createUnder(externalId: string, policy: Ceilings, key: ModelKey, input: CreateApiKeyInput) {
  const create = () => app.send(CreateApiKeyDocument, { input }, actingFor(service, externalId));
  const answer = await create();
  const faults = policyModel.creationFaults(key, policy);
  if (faults.length === 0) expect(codesOf(answer)).toEqual([]);
  else {
    const fields = answer.errors[0]?.extensions.fields as { path: string }[] | undefined;
    expect(fields?.map(({ path }) => path)).toEqual(faults);
  }
  if (answer.data) return answer.data.createApiKey;
  await assignPolicy(app, { externalId }, null);
  return (await create()).data?.createApiKey;
}

async function compare({ created, changed, settings, uses, laterSeconds }: typeof CASE extends fc.Arbitrary<infer T> ? T : never) {
  const externalId = newExternalId();
  await app.database.user.create({ data: { externalId, createdAt: app.clock.now() } });
  const policy = await newPolicy(app, created);
  await assignPolicy(app, { externalId }, policy.id);
  const { scopes, allowedCidrs, expiresInSeconds } = settings;
  const expiresAtMs = expiresInSeconds === null ? null : nowMs() + expiresInSeconds * 1_000;
  const key: ModelKey = { scopes, allowedCidrs, createdAtMs: nowMs(), expiresAtMs };
  const input = { scopes, allowedCidrs, expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString() };
  const made = await createUnder(externalId, created, key, input);
  if (!made) throw new Error('the key was not created');

  await assignPolicy(app, { externalId }, policy.id);
  const isUsable = nowMs() < policyModel.endMs(key, created);
  const isAffected = isUsable && policyModel.loses(key, created, changed, everyUse());
  const planned = await desk.update(policy.id, changed, true);
  expect(planned).toMatchObject({
    affectedKeys: isAffected ? 1 : 0,
    affectedKeysIsComplete: true,
    sample: isAffected ? [{ id: made.apiKey.id }] : [],
  });

  await changePolicy(app, policy.id, changed);
  app.clock.advanceSeconds(laterSeconds);
  const endMs = policyModel.endMs(key, changed);
  const expected = {
    scopes: [...policyModel.effectiveScopes(key, changed)].sort(),
    expiresAt: Number.isFinite(endMs) ? new Date(endMs).toISOString() : null,
  };
  for (const use of uses) {
    const question = { key: made.plaintextKey, ...use };
    const { verifyApiKey } = await app.ask(VerifyApiKeyDocument, { input: question }, undefined);
    const { code, expiresAt } = verifyApiKey;
    expect({ code, expiresAt, scopes: [...(verifyApiKey.scopes ?? [])].sort() }).toEqual({
      code: policyModel.verify(key, changed, { ...use, atMs: nowMs() }),
      ...expected,
    });
  }
  const { data } = await app.send(ApiKeyWithLimitsDocument, { id: made.apiKey.id }, actingFor(service, externalId));
  const { effective, status } = data?.apiKey ?? {};
  expect({ ...effective, scopes: [...(effective?.scopes ?? [])].sort() }).toEqual({ ...expected, ownerRateLimit: null });
  expect(status).toBe(nowMs() >= endMs ? 'EXPIRED' : 'ACTIVE');
}

describe('a policy', () => {
  test(
    `P1, P3: means the same for creation, a dry run, verification and the fields of a key as a model, in ${RUNS} random policies and keys`,
    () => fc.assert(fc.asyncProperty(CASE, compare), { numRuns: RUNS }),
    30_000 + 500 * RUNS,
  );
});
