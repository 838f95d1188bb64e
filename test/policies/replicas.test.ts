import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DOORS, type MadeKey, newKey } from '../support/doors.js';
import { assignPolicy, changePolicy, newPolicy } from '../support/policies.js';
import { startReplicas, type TestApp } from '../support/test-app.js';

const ROUNDS = 15;
const WIDE = { scopes: ['orders:*'] };
const NARROW = { scopes: ['orders:read'] };

let replicas: TestApp[];
let app: TestApp;
let keys: MadeKey[];
let loads: Promise<void>[];
let isStopped = false;
let verified = 0;

const question = (key: string) => ({ key, scopes: ['orders:write'] });

/** Keeps verifying the keys on a replica, so that they are in memory and reads are in flight. */
async function load(replica: TestApp): Promise<void> {
  const doors = Object.values(DOORS);
  while (!isStopped) {
    await Promise.all(keys.map(({ key }, index) => doors[index % doors.length]?.(replica, question(key))));
    verified += keys.length;
  }
}

beforeAll(async () => {
  replicas = await startReplicas();
  const [first] = replicas;
  if (!first) throw new Error('there are two replicas');
  app = first;
  keys = [];
  for (let count = 0; count < 4; count += 1) keys.push(await newKey(app, { scopes: ['orders:*'] }));
  loads = replicas.map(load);
});
afterAll(async () => {
  isStopped = true;
  await Promise.all(loads);
  for (const replica of replicas) await replica.close();
});

/** Returns the codes of verifications that begin when a change is acknowledged: of all keys, on both replicas, at both endpoints. */
async function codesAfter(change: Promise<unknown>): Promise<string[]> {
  await change;
  const asked = replicas.flatMap((replica) =>
    Object.values(DOORS).flatMap((ask) => keys.map(async ({ key }) => (await ask(replica, question(key))).code)),
  );
  return [...new Set(await Promise.all(asked))];
}

describe('P1: under load on two replicas, no verification goes by the earlier limits after', () => {
  test('a policy is narrowed and widened', async () => {
    const policy = await newPolicy(app, WIDE);
    expect(await codesAfter(assignPolicy(app, {}, policy.id))).toEqual(['VALID']);
    for (let round = 0; round < ROUNDS; round += 1) {
      expect(await codesAfter(changePolicy(app, policy.id, NARROW))).toEqual(['INSUFFICIENT_SCOPE']);
      expect(await codesAfter(changePolicy(app, policy.id, WIDE))).toEqual(['VALID']);
    }
    expect(verified).toBeGreaterThan(0);
  });

  test('the policy of users is set and removed', async () => {
    const narrow = await newPolicy(app, NARROW);
    for (let round = 0; round < ROUNDS; round += 1) {
      expect(await codesAfter(assignPolicy(app, {}, narrow.id))).toEqual(['INSUFFICIENT_SCOPE']);
      expect(await codesAfter(assignPolicy(app, {}, null))).toEqual(['VALID']);
    }
  });

  test('the policy named default is created, changed, renamed and deleted', async () => {
    await assignPolicy(app, {}, null);
    for (let round = 0; round < ROUNDS; round += 1) {
      let id = '';
      const create = newPolicy(app, NARROW, 'default').then((created) => {
        id = created.id;
      });
      expect(await codesAfter(create)).toEqual(['INSUFFICIENT_SCOPE']);
      expect(await codesAfter(changePolicy(app, id, WIDE))).toEqual(['VALID']);
      expect(await codesAfter(changePolicy(app, id, NARROW))).toEqual(['INSUFFICIENT_SCOPE']);
      const name = `renamed-${round}`;
      expect(await codesAfter(app.database.policy.update({ where: { id }, data: { name } }).then())).toEqual(['VALID']);
      expect(await codesAfter(app.database.policy.update({ where: { id }, data: { name: 'default' } }).then())).toEqual([
        'INSUFFICIENT_SCOPE',
      ]);
      expect(await codesAfter(app.database.policy.delete({ where: { id } }).then())).toEqual(['VALID']);
    }
  });
});
