import { randomBytes } from 'node:crypto';
import { Agent, get } from 'node:http';
import { expect, test } from '@jest/globals';
import pg from 'pg';
import { dropDatabase, newDatabase, runSql } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { ask, type ServerProcess, startServer } from '../support/server-process.js';

const CONNECTIONS = 20;
const STOP_MS_MAX = 10_000;

const agent = new Agent({ keepAlive: true });

/** Returns the status, or how the connection failed. */
const statusOf = (server: ServerProcess, path: string, key = ''): Promise<number | string> =>
  new Promise((resolve) => {
    const request = get(`${server.url}${path}`, { agent, headers: { 'x-api-key': key } }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });

test('F5: on SIGTERM under load the server first reports itself unready, finishes running requests, writes usage and exits with 0 within 10 s', async () => {
  const DATABASE_URL = await newDatabase();
  const server = await startServer({ DATABASE_URL, APP_SECRETS: randomBytes(32).toString('base64') });
  const { signUp } = await ask<{ signUp: { accessToken: string; user: { id: string } } }>(
    server,
    'mutation { signUp(input: { email: "a@example.com", password: "correct horse battery staple" }) { accessToken user { id } } }',
  );
  const createKey = async () => {
    const query = 'mutation { createApiKey { plaintextKey apiKey { id } } }';
    return (await ask<{ createApiKey: { plaintextKey: string; apiKey: { id: string } } }>(server, query, {}, signUp.accessToken))
      .createApiKey;
  };
  const { plaintextKey } = await createKey();
  const revoked = await createKey();

  const statuses = new Map<number | string, number>();
  let isOver = false;
  const load = Array.from({ length: CONNECTIONS }, async () => {
    while (!isOver) {
      const status = await statusOf(server, '/verify', plaintextKey);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      // The server no longer listens.
      if (status === 'ECONNREFUSED') return;
    }
  });

  // The request runs for as long as the test needs, because it waits for a lock.
  const holder = new pg.Client({ connectionString: DATABASE_URL });
  await holder.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [signUp.user.id]);
  const revocation = ask(
    server,
    'mutation ($id: ID!) { revokeApiKey(id: $id) { apiKey { status } } }',
    { id: revoked.apiKey.id },
    signUp.accessToken,
  );
  const isWaiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
  await eventually(async () => expect((await holder.query(isWaiting)).rowCount).toBe(1), { withinMs: 10_000 });
  expect(await statusOf(server, '/readyz')).toBe(200);

  const stoppedAt = performance.now();
  const ended = server.stop('SIGTERM');
  // The revocation still runs, so the server reports this before it finishes its requests.
  await eventually(async () => expect([503, 'ECONNREFUSED']).toContain(await statusOf(server, '/readyz')), { withinMs: 2_000 });
  await holder.query('ROLLBACK');
  await holder.end();
  expect(await revocation).toEqual({ revokeApiKey: { apiKey: { status: 'REVOKED' } } });
  expect(await ended).toEqual({ code: 0, signal: null });
  expect(performance.now() - stoppedAt).toBeLessThan(STOP_MS_MAX);
  isOver = true;
  await Promise.all(load);

  const allowed = statuses.get(200) ?? 0;
  expect(allowed).toBeGreaterThan(CONNECTIONS);
  // A connection that was opened while the server closed its listener can be reset without a response. No other error is
  // accepted.
  expect([...statuses.keys()].filter((status) => ![200, 503, 'ECONNREFUSED', 'ECONNRESET'].includes(status))).toEqual([]);
  const [usage] = await runSql<{ allowed: number }>(DATABASE_URL, 'SELECT sum(allowed)::int AS allowed FROM api_key_usage');
  expect(usage).toEqual({ allowed });
  await dropDatabase(DATABASE_URL);
});
