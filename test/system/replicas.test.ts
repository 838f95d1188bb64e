import { randomBytes } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { substitute } from '../support/behind-gateway.js';
import { readCompose } from '../support/compose.js';
import { startDebianPostgres } from '../support/debian-postgres.js';
import { eventually } from '../support/eventually.js';
import { nginxCommand } from '../support/nginx.js';
import { freePort, startProgram } from '../support/program.js';
import { startRedisServer } from '../support/redis-server.js';
import { type ServerProcess, startServer } from '../support/server-process.js';
import { PASSWORD } from '../support/test-app.js';

const METRICS_TOKEN = randomBytes(16).toString('hex');

const KEYS = 32;
const CONNECTIONS = 12;

interface Reply {
  status: number;
  type: string;
  body: string;
}

/** Simulates the next version: it adds a column, a table and an index. */
function makeNewerVersion(directory: string): string {
  const root = path.join(directory, 'newer');
  for (const part of ['dist', 'prisma/migrations', 'package.json']) cpSync(part, path.join(root, part), { recursive: true });
  for (const part of ['node_modules', 'assets']) symlinkSync(path.resolve(part), path.join(root, part));
  const migration = path.join(root, 'prisma/migrations/29990101000000_newer');
  mkdirSync(migration);
  writeFileSync(
    path.join(migration, 'migration.sql'),
    `ALTER TABLE api_keys ADD COLUMN newer TEXT NOT NULL DEFAULT 'x'; CREATE TABLE newer (id INT PRIMARY KEY);
     CREATE INDEX api_keys_newer_idx ON api_keys (newer); INSERT INTO newer VALUES (1);`,
  );
  return root;
}

describe('three replicas behind nginx, as compose.yaml starts them', () => {
  const closers: (() => unknown)[] = [];
  const replicas: { port: number; server: ServerProcess; env: Record<string, string> }[] = [];
  let newerRoot: string;
  let port: number;
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS + 4 });

  beforeAll(async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'keyward-replicas-'));
    closers.push(() => rmSync(directory, { recursive: true, force: true }));
    chmodSync(directory, 0o755);
    const database = await startDebianPostgres();
    closers.push(() => database.stop());
    const redis = await startRedisServer();
    closers.push(() => redis.close());

    const { replicas: addresses, settings } = readCompose({
      APP_SECRETS: randomBytes(32).toString('base64'),
      POSTGRES_PASSWORD: 'x',
      VALKEY_PASSWORD: 'x',
    });
    const ports = await Promise.all(addresses.map(freePort));
    const shared = {
      ...settings,
      NODE_ENV: 'production',
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      TRUSTED_PROXIES: '127.0.0.1',
      METRICS_TOKEN,
      MAX_KEYS_PER_USER: '1000',
    };
    // All at once, on an empty database.
    const servers = await Promise.all(ports.map((own) => startServer({ ...shared, PORT: String(own) })));
    for (const [index, server] of servers.entries()) {
      const own = ports[index] as number;
      replicas.push({ port: own, server, env: { ...shared, PORT: String(own) } });
    }
    closers.push(() => Promise.all(replicas.map(({ server }) => server.stop('SIGKILL'))));

    newerRoot = makeNewerVersion(directory);
    port = await freePort();
    const site = substitute(readFileSync('deploy/nginx.conf', 'utf8'), {
      'listen 8080;': `listen 127.0.0.1:${port};`,
      ...Object.fromEntries(addresses.map((address, index) => [`server ${address}:4000`, `server 127.0.0.1:${ports[index]}`])),
    });
    const nginx = await startProgram(nginxCommand(directory, site), directory, port);
    closers.push(() => nginx.stop());
  });
  afterAll(async () => {
    agent.destroy();
    for (const close of closers.reverse()) await close();
  });

  const send = (options: { method?: string; path: string; headers?: Record<string, string>; body?: string }): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port, agent, ...options }, (response) => {
        let body = '';
        response
          .setEncoding('utf8')
          .on('data', (chunk) => (body += chunk))
          .on('error', reject)
          .on('end', () => resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', body }));
      });
      outgoing.on('error', reject).end(options.body);
    });
  const verify = (key: string) => send({ path: '/verify', headers: { 'x-api-key': key } });

  const counts = { allowed: 0, rejected: 0, late: 0, wrong: 0, unavailable: 0 };
  const errors: string[] = [];

  /** Whether a response is a 502 or 503 of the stack with a JSON body. */
  const isCleanRejection = ({ status, type, body }: Reply): boolean =>
    (status === 502 || status === 503) && /^application\/(?:problem\+|graphql-response\+)?json/.test(type) && JSON.parse(body) !== null;

  /** Sends a mutation until it is answered. After a 502, the mutation may or may not have been applied. */
  async function mutate<Data>(query: string, token?: string): Promise<Data> {
    const sendOnce = async (): Promise<Data> => {
      const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
      const reply = await send({ method: 'POST', path: '/graphql', headers, body: JSON.stringify({ query }) });
      if (reply.status === 200) {
        const { data } = JSON.parse(reply.body) as { data: Data | null };
        if (data !== null) return data;
      }
      if (!isCleanRejection(reply)) errors.push(`${reply.status} ${reply.body}`);
      counts.unavailable += 1;
      throw new Error(`${reply.status} ${reply.body}`);
    };
    return eventually(sendOnce, { withinMs: 10_000, unless: () => errors.length > 0 });
  }

  const servedBy = async (replica: (typeof replicas)[number]): Promise<number> => {
    const headers = { authorization: `Bearer ${METRICS_TOKEN}` };
    const text = await (await fetch(`http://127.0.0.1:${replica.port}/metrics`, { headers })).text();
    return [...text.matchAll(/^keyward_verifications_total\{.*\} (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
  };

  /** After a failed connection, nginx skips a replica for two seconds, and then tries it again. */
  async function hasServed(replica: (typeof replicas)[number], count: number): Promise<void> {
    await eventually(async () => expect(await servedBy(replica)).toBeGreaterThanOrEqual(count), { withinMs: 30_000 });
  }

  async function replace(index: number, signal: NodeJS.Signals, root?: string): Promise<{ code: number | null; signal: string | null }> {
    const replica = replicas[index] as (typeof replicas)[number];
    await hasServed(replica, 1);
    const ended = await replica.server.stop(signal);
    replica.server = await startServer(replica.env, root === undefined ? {} : { root });
    return ended;
  }

  test('give no wrong answer, lose no revocation and return well-formed errors while one is killed, one restarted and one upgraded under load', async () => {
    const signUp = `mutation { signUp(input: { email: "ada@example.com", password: "${PASSWORD}" }) { accessToken } }`;
    const token = (await mutate<{ signUp: { accessToken: string } }>(signUp)).signUp.accessToken;
    const create = async () => {
      const query = 'mutation { createApiKey { plaintextKey apiKey { id } } }';
      const { createApiKey } = await mutate<{ createApiKey: { plaintextKey: string; apiKey: { id: string } } }>(query, token);
      return { id: createApiKey.apiKey.id, key: createApiKey.plaintextKey, revocation: 'none' as 'none' | 'asked' | 'done' };
    };
    const keys = await Promise.all(Array.from({ length: KEYS }, create));

    let isOver = false;
    const judge = (reply: Reply, before: string, after: string) => {
      if (reply.status === 200 && before === 'done') counts.late += 1;
      else if (reply.status === 200) counts.allowed += 1;
      else if (reply.status === 401 && after !== 'none') counts.rejected += 1;
      else if (isCleanRejection(reply)) counts.unavailable += 1;
      else {
        counts.wrong += 1;
        errors.push(`${reply.status} ${reply.type} ${reply.body}`);
      }
    };
    const load = Array.from({ length: CONNECTIONS }, async (_, connection) => {
      for (let turn = connection; !isOver; turn += 1) {
        const key = keys[turn % keys.length] as (typeof keys)[number];
        const before = key.revocation;
        judge(await verify(key.key), before, key.revocation);
      }
    });
    const revoke = async (key: (typeof keys)[number]) => {
      key.revocation = 'asked';
      await mutate(`mutation { revokeApiKey(id: "${key.id}") { apiKey { status } } }`, token);
      key.revocation = 'done';
      judge(await verify(key.key), 'done', 'done');
      // A new key is valid at once on every replica.
      const created = await create();
      judge(await verify(created.key), 'none', 'none');
      keys.push(created);
    };
    /** Revokes keys while `pending` runs, and continues until it has settled. */
    const revokeDuring = async <T>(pending: Promise<T>): Promise<T> => {
      let hasSettled = false;
      void pending.finally(() => {
        hasSettled = true;
      });
      for (let count = 0; count < 6 || !hasSettled; count += 1) {
        const next = keys.find(({ revocation }) => revocation === 'none');
        if (next) await revoke(next);
      }
      return pending;
    };

    expect(await revokeDuring(replace(0, 'SIGKILL'))).toEqual({ code: null, signal: 'SIGKILL' });
    expect(await revokeDuring(replace(1, 'SIGTERM'))).toEqual({ code: 0, signal: null });
    expect(await revokeDuring(replace(2, 'SIGTERM', newerRoot))).toEqual({ code: 0, signal: null });
    // The old version starts and serves beside the newer version, on the database of the newer version.
    expect(await revokeDuring(replace(0, 'SIGTERM'))).toEqual({ code: 0, signal: null });
    expect(replicas[2]?.server.stdout()).toContain('29990101000000_newer');
    await revokeDuring(Promise.all(replicas.map((replica) => hasServed(replica, 10))));
    isOver = true;
    await Promise.all(load);

    expect(errors).toEqual([]);
    expect(counts).toMatchObject({ late: 0, wrong: 0 });
    expect(Math.min(counts.allowed, counts.rejected)).toBeGreaterThan(KEYS);
    // Each replica alone rejects every revoked key.
    const revoked = keys.filter(({ revocation }) => revocation === 'done');
    expect(revoked.length).toBeGreaterThanOrEqual(30);
    for (const { port: own } of replicas) {
      const statuses = await Promise.all(
        revoked.map(async ({ key }) => (await fetch(`http://127.0.0.1:${own}/verify`, { headers: { 'x-api-key': key } })).status),
      );
      expect(new Set(statuses)).toEqual(new Set([401]));
    }
  }, 180_000);

  test('share one rate limit, and count failed sign-ins by the client’s address on whichever replica they arrive', async () => {
    const signUp = `mutation { signUp(input: { email: "grace@example.com", password: "${PASSWORD}" }) { accessToken } }`;
    const token = (await mutate<{ signUp: { accessToken: string } }>(signUp)).signUp.accessToken;
    const query = 'mutation { createApiKey(input: { rateLimit: { limit: 5, windowSeconds: 3600 } }) { plaintextKey } }';
    const key = (await mutate<{ createApiKey: { plaintextKey: string } }>(query, token)).createApiKey.plaintextKey;
    const statuses = await Promise.all(Array.from({ length: 12 }, async () => (await verify(key)).status));
    expect(statuses.sort()).toEqual([...Array(5).fill(200), ...Array(7).fill(429)]);

    const signIn = JSON.stringify({
      query: 'mutation { signIn(input: { email: "grace@example.com", password: "a wrong password, long enough" }) { accessToken } }',
    });
    const codes: string[] = [];
    for (let count = 0; count < 12; count += 1) {
      // A client’s own X-Forwarded-For has no effect.
      const headers = { 'content-type': 'application/json', 'x-forwarded-for': `203.0.113.${count}` };
      codes.push(JSON.parse((await send({ method: 'POST', path: '/graphql', headers, body: signIn })).body).errors[0].extensions.code);
    }
    expect(codes).toEqual([...Array(10).fill('INVALID_CREDENTIALS'), 'RATE_LIMITED', 'RATE_LIMITED']);
  });

  test('serve no metrics through nginx, which responds with 502 in JSON with Retry-After when all replicas are down', async () => {
    expect((await send({ path: '/metrics' })).status).toBe(404);
    await Promise.all(replicas.map(({ server }) => server.stop('SIGKILL')));
    const reply = await send({ path: '/verify', headers: { 'x-api-key': 'x' } });
    expect({ ...reply, body: JSON.parse(reply.body) }).toEqual({
      status: 502,
      type: 'application/problem+json',
      body: { type: 'about:blank', title: "Keyward can't be reached.", status: 502 },
    });
  });
});
