import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { readTriggerState } from '../../src/verification/cache/triggers.queries.js';
import { openCacheRace } from '../support/cache-race.js';
import { startDebianPostgres } from '../support/debian-postgres.js';
import { ask, startServer } from '../support/server-process.js';
import { PASSWORD } from '../support/test-app.js';

let database: Awaited<ReturnType<typeof startDebianPostgres>>;
beforeAll(async () => {
  database = await startDebianPostgres();
});
afterAll(() => database.stop());

test('two replicas serve from Debian’s PostgreSQL 15 in production: sign-up, create, list, revoke', async () => {
  const env = {
    NODE_ENV: 'production',
    DATABASE_URL: database.url,
    APP_SECRETS: randomBytes(32).toString('base64'),
  };
  const [one, other] = await Promise.all([startServer(env), startServer(env)]);
  const signUp = `mutation { signUp(input: { email: "ada@example.com", password: "${PASSWORD}" }) { accessToken } }`;
  const { accessToken } = (await ask<{ signUp: { accessToken: string } }>(one, signUp)).signUp;
  const created = await ask<{ createApiKey: { plaintextKey: string; apiKey: { id: string } } }>(
    one,
    'mutation { createApiKey(input: { name: "a" }) { plaintextKey apiKey { id } } }',
    {},
    accessToken,
  );
  const { id } = created.createApiKey.apiKey;
  expect(await ask(other, '{ myApiKeys { id name status } }', {}, accessToken)).toEqual({
    myApiKeys: [{ id, name: 'a', status: 'ACTIVE' }],
  });
  expect(await ask(other, `mutation { revokeApiKey(id: "${id}") { apiKey { status } } }`, {}, accessToken)).toEqual({
    revokeApiKey: { apiKey: { status: 'REVOKED' } },
  });
  expect(await ask(one, '{ myApiKeys { id } }', {}, accessToken)).toEqual({ myApiKeys: [] });
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  expect((await readTriggerState(client)).missing).toEqual([]);
  const { rows } = await client.query('SELECT key_id FROM verification_changes ORDER BY seq DESC LIMIT 1');
  expect(rows).toEqual([{ key_id: id }]);
  await client.end();
  expect(await Promise.all([one.stop(), other.stop()])).toEqual([
    { code: 0, signal: null },
    { code: 0, signal: null },
  ]);
});

test(
  'K5: two processes on PostgreSQL 15 answer with the committed state right after each change was acknowledged',
  async () => {
    const changes = Number(process.env.RACE_CHANGES ?? 300);
    const race = await openCacheRace(database.url);
    const { wrong, hits } = await race.run(changes, Math.floor(Math.random() * 1_000_000_000));
    await race.close();
    expect(Object.entries(wrong).filter(([, number]) => number > 0)).toEqual([]);
    expect(hits).toBeGreaterThan(changes);
  },
  60_000 + 500 * Number(process.env.RACE_CHANGES ?? 300),
);
