import { randomBytes } from 'node:crypto';
import { Agent, get } from 'node:http';
import { expect, test } from '@jest/globals';
import { dropDatabase, newDatabase } from '../support/database.js';
import { ask, type ServerProcess, startServer } from '../support/server-process.js';
import { PASSWORD } from '../support/test-app.js';

const KEYS = 60;
const CONNECTIONS = 50;

const statusOf = (server: ServerProcess, agent: Agent, key: string): Promise<number> =>
  new Promise((resolve, reject) => {
    get(`${server.url}/verify`, { agent, headers: { 'x-api-key': key } }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    }).on('error', reject);
  });

test('K5: two processes with 50 verifying connections each accept no key after its revocation is acknowledged', async () => {
  const DATABASE_URL = await newDatabase();
  const env = { DATABASE_URL, APP_SECRETS: randomBytes(32).toString('base64'), MAX_KEYS_PER_USER: String(KEYS) };
  const servers = (await Promise.all([startServer(env), startServer(env)])) as [ServerProcess, ServerProcess];
  const { accessToken } = (
    await ask<{ signUp: { accessToken: string } }>(
      servers[0],
      `mutation { signUp(input: { email: "a@example.com", password: "${PASSWORD}" }) { accessToken } }`,
    )
  ).signUp;
  const keys: { id: string; plaintextKey: string }[] = [];
  for (let count = 0; count < KEYS; count += 1) {
    const { createApiKey } = await ask<{ createApiKey: { plaintextKey: string; apiKey: { id: string } } }>(
      servers[0],
      'mutation { createApiKey { plaintextKey apiKey { id } } }',
      {},
      accessToken,
    );
    keys.push({ id: createApiKey.apiKey.id, plaintextKey: createApiKey.plaintextKey });
  }

  const acknowledged = new Set<string>();
  const counts = { allowed: 0, rejected: 0, late: 0, other: 0 };
  let isOver = false;
  const load = servers.flatMap((server) => {
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    return Array.from({ length: CONNECTIONS }, async (_, connection) => {
      for (let turn = connection; !isOver; turn += 1) {
        const { plaintextKey } = keys[turn % KEYS] as (typeof keys)[number];
        const wasAcknowledged = acknowledged.has(plaintextKey);
        const status = await statusOf(server, agent, plaintextKey);
        if (status === 200 && wasAcknowledged) counts.late += 1;
        else if (status === 200) counts.allowed += 1;
        else if (status === 401) counts.rejected += 1;
        else counts.other += 1;
      }
    });
  });
  for (const [index, { id, plaintextKey }] of keys.entries()) {
    const server = servers[index % 2] as ServerProcess;
    await ask(server, `mutation { revokeApiKey(id: "${id}") { apiKey { id } } }`, {}, accessToken);
    acknowledged.add(plaintextKey);
    const agent = new Agent();
    expect(await Promise.all(servers.map((one) => statusOf(one, agent, plaintextKey)))).toEqual([401, 401]);
  }
  isOver = true;
  await Promise.all(load);

  expect(counts).toMatchObject({ late: 0, other: 0 });
  expect(counts.allowed).toBeGreaterThan(KEYS);
  expect(counts.rejected).toBeGreaterThan(KEYS);
  await Promise.all(servers.map((server) => server.stop()));
  await dropDatabase(DATABASE_URL);
});
