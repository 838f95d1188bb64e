import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { Registry } from 'prom-client';
import { createLogger } from '../../src/platform/logger.js';
import { createRedis } from '../../src/platform/rate-limit/redis.js';
import { RedisWindows } from '../../src/platform/rate-limit/redis-windows.js';
import { SharedWindowCounter } from '../../src/platform/rate-limit/shared-window-counter.js';
import { WindowCounter } from '../../src/platform/rate-limit/window-counter.js';
import { startDebianPostgres } from '../support/debian-postgres.js';
import { eventually } from '../support/eventually.js';
import { REDIS_PASSWORD, type RedisServer, startRedisServer } from '../support/redis-server.js';
import { ask, type ServerProcess, startServer } from '../support/server-process.js';
import { PASSWORD } from '../support/test-app.js';
import { TestClock } from '../support/test-clock.js';

const HOUR_SECONDS = 3_600;

/** Longer than Keyward waits before it connects to Redis again. */
const CHANGE = { withinMs: 30_000 };

let redisServer: RedisServer;
/** Inspects what is stored, and simulates the passing of time by shortening the expiry of the keys in Redis. */
let observer: Redis;
beforeAll(async () => {
  redisServer = await startRedisServer();
  observer = new Redis(redisServer.url);
  observer.on('error', () => undefined);
});
afterAll(async () => {
  observer.disconnect();
  await redisServer.close();
});

describe('a limit that is counted in Redis', () => {
  const clock = new TestClock();
  let connection: Redis;
  const newCounter = (name: string) =>
    new SharedWindowCounter({ redis: connection, name, fallback: new WindowCounter({ clock }), clock, logger: createLogger('silent') });
  beforeAll(async () => {
    connection = createRedis(redisServer.url, { logger: createLogger('silent'), metrics: new Registry() });
    await eventually(() => expect(connection.status).toBe('ready'), CHANGE);
  });
  afterAll(() => connection.disconnect());

  test('is shared by two processes; a rejected attempt neither counts nor extends the window', async () => {
    const [one, other] = [newCounter('shared'), newCounter('shared')];
    const TWO = { limit: 2, windowSeconds: 60 };
    expect(await one.spend('a', TWO)).toEqual({
      allowed: true,
      remaining: 1,
      resetsAt: new Date('2026-01-31T12:01:00.000Z'),
      resetsInSeconds: 60,
    });
    await observer.pexpire('keyward:shared:a', 30_000);
    expect(await other.spend('a', TWO)).toMatchObject({ allowed: true, remaining: 0, resetsInSeconds: 30 });
    expect(await one.spend('a', TWO)).toMatchObject({ allowed: false, remaining: 0, resetsInSeconds: 30 });
    expect(await other.spend('a', { ...TWO, limit: 3 })).toMatchObject({ allowed: true, remaining: 0 });
    expect(await newCounter('another').spend('a', TWO)).toMatchObject({ allowed: true, remaining: 1 });
    await observer.pexpire('keyward:shared:a', 1);
    await eventually(async () => expect(await observer.exists('keyward:shared:a')).toBe(0), CHANGE);
    expect(await one.spend('a', TWO)).toMatchObject({ allowed: true, remaining: 1, resetsInSeconds: 60 });
  });

  test('allows exactly the limit of a hundred concurrent attempts from two processes', async () => {
    const counters = [newCounter('crowd'), newCounter('crowd')];
    const spendings = await Promise.all(
      Array.from({ length: 100 }, (_, index) => counters[index % 2]?.spend('a', { limit: 30, windowSeconds: 60 })),
    );
    expect(spendings.filter((spending) => spending?.allowed)).toHaveLength(30);
  });

  test('P2: is consumed together with another one or not at all, by a hundred concurrent attempts from two processes', async () => {
    const counters = [newCounter('both'), newCounter('both')];
    const [key, owner] = [
      { key: 'k', budget: { limit: 20, windowSeconds: 60 } },
      { key: 'o', budget: { limit: 30, windowSeconds: 60 } },
    ];
    const attempts = (other: typeof key) => Array.from({ length: 100 }, (_, index) => counters[index % 2]?.spendAll([other, owner]));
    const allowed = (spendings: ({ allowed: boolean }[] | undefined)[]) =>
      spendings.filter((both) => both?.every((spending) => spending.allowed)).length;
    expect(allowed(await Promise.all(attempts(key)))).toBe(20);
    expect(allowed(await Promise.all(attempts({ ...key, key: 'k2' })))).toBe(10);
    // The rejected attempts consumed neither.
    expect(await counters[0]?.peekAll([{ ...key, key: 'k2' }, owner])).toMatchObject([
      { allowed: true, remaining: 10 },
      { allowed: false, remaining: 0 },
    ]);
    expect(await counters[1]?.spendAll([key, { ...owner, key: 'o2' }])).toMatchObject([
      { allowed: false },
      { allowed: true, remaining: 30 },
    ]);
    expect(await observer.exists('keyward:both:o2')).toBe(0);
  });

  test('releases what is returned, no more than was used, and nothing of an expired window', async () => {
    const counter = newCounter('back');
    const ONE = { limit: 1, windowSeconds: 60 };
    await counter.giveBack('a', ONE);
    expect(await observer.exists('keyward:back:a')).toBe(0);
    await counter.spend('a', ONE);
    await counter.giveBack('a', ONE);
    await counter.giveBack('a', ONE);
    expect((await counter.spend('a', ONE)).allowed).toBe(true);
    expect((await counter.spend('a', ONE)).allowed).toBe(false);
  });

  test('a changed limit applies at once, and what was used still counts', async () => {
    const counter = newCounter('changed');
    await counter.spend('a', { limit: 5, windowSeconds: 60 });
    await counter.spend('a', { limit: 5, windowSeconds: 60 });
    expect((await counter.spend('a', { limit: 2, windowSeconds: 60 })).allowed).toBe(false);
    expect(await counter.spend('a', { limit: 3, windowSeconds: 120 })).toMatchObject({ allowed: true, remaining: 0, resetsInSeconds: 120 });
    await observer.pexpire('keyward:changed:a', 30_000);
    expect(await counter.spend('a', { limit: 3, windowSeconds: 60 })).toMatchObject({ allowed: true, remaining: 2, resetsInSeconds: 60 });
  });

  test('is counted although Redis lost the script', async () => {
    const counter = newCounter('reloaded');
    const TWO = { limit: 2, windowSeconds: 60 };
    await counter.spend('a', TWO);
    await observer.script('FLUSH');
    expect(await counter.spend('a', TWO)).toMatchObject({ allowed: true, remaining: 0 });
    expect((await counter.spend('a', TWO)).allowed).toBe(false);
  });

  test('together with another one is consumed from both windows, or from neither', async () => {
    const windows = new RedisWindows(connection);
    const consume = (one: number, other: number) =>
      windows.consume([
        { key: 'keyward:pair:one', budget: { limit: 3, windowSeconds: 60 }, amount: one },
        { key: 'keyward:pair:other', budget: { limit: 5, windowSeconds: 600 }, amount: other },
      ]);
    const state = (allowed: boolean, spent: number) => ({ allowed, spent, endsInMs: expect.any(Number) });
    expect(await consume(1, 4)).toEqual([state(true, 1), state(true, 4)]);
    expect(await consume(1, 2)).toEqual([state(true, 1), state(false, 4)]);
    expect(await consume(3, 1)).toEqual([state(false, 1), state(true, 4)]);
    expect(await consume(2, 1)).toEqual([state(true, 3), state(true, 5)]);
    expect(await observer.hget('keyward:pair:one', 'spent')).toBe('3');
    expect(await consume(-3, -4)).toEqual([state(true, 0), state(true, 1)]);
    expect(await observer.exists('keyward:pair:one')).toBe(0);
    const attempts = await Promise.all(Array.from({ length: 20 }, () => consume(1, 2)));
    expect(attempts.filter((pair) => pair.every(({ allowed }) => allowed))).toHaveLength(2);
    expect(await consume(0, 0)).toEqual([state(true, 2), state(true, 5)]);
  });

  test('is counted in the process while Redis rejects commands, and the rejection is logged', async () => {
    const lines: string[] = [];
    const logger = createLogger('info', { write: (line) => void lines.push(line) });
    const counter = new SharedWindowCounter({ redis: connection, name: 'full', fallback: new WindowCounter({ clock }), clock, logger });
    await observer.set('keyward:full:a', 'not a window');
    const TWO = { limit: 2, windowSeconds: 60 };
    const spendings = [await counter.spend('a', TWO), await counter.spend('a', TWO), await counter.spend('a', TWO)];
    expect(spendings.map(({ allowed }) => allowed)).toEqual([true, true, false]);
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['Redis did not count: counted in this process instead']);
  });
});

describe('two processes with one Redis', () => {
  let database: Awaited<ReturnType<typeof startDebianPostgres>>;
  let servers: [ServerProcess, ServerProcess];
  let token: string;
  beforeAll(async () => {
    database = await startDebianPostgres();
    const env = {
      DATABASE_URL: database.url,
      APP_SECRETS: randomBytes(32).toString('base64'),
      REDIS_URL: redisServer.url,
      MAX_KEYS_PER_USER: '50',
    };
    servers = (await Promise.all([startServer(env), startServer(env)])) as [ServerProcess, ServerProcess];
    const signUp = `mutation { signUp(input: { email: "ada@example.com", password: "${PASSWORD}" }) { accessToken } }`;
    token = (await ask<{ signUp: { accessToken: string } }>(servers[0], signUp)).signUp.accessToken;
    await untilRedisIs(1);
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop('SIGKILL')));
    database.stop();
  });

  const metric = async (server: ServerProcess, name: string) =>
    Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await (await fetch(`${server.url}/metrics`)).text())?.[1]);
  const untilRedisIs = (up: number) =>
    eventually(
      async () => expect(await Promise.all(servers.map((server) => metric(server, 'keyward_redis_up')))).toEqual([up, up]),
      CHANGE,
    );
  const newKey = async (limit: number): Promise<string> =>
    (
      await ask<{ createApiKey: { plaintextKey: string } }>(
        servers[0],
        `mutation { createApiKey(input: { rateLimit: { limit: ${limit}, windowSeconds: ${HOUR_SECONDS} } }) { plaintextKey } }`,
        {},
        token,
      )
    ).createApiKey.plaintextKey;
  const verify = async (server: ServerProcess, key: string) =>
    (await fetch(`${server.url}/verify`, { headers: { 'x-api-key': key } })).status;
  /** Returns the statuses of this number of verifications by each process, alternating. */
  const verifyInTurn = async (key: string, rounds: number) => {
    const statuses: number[] = [];
    for (let round = 0; round < rounds; round += 1) for (const server of servers) statuses.push(await verify(server, key));
    return statuses;
  };
  const SHARED = [200, 200, 200, 200, 429, 429];
  const EACH_ALONE = [200, 200, 200, 200, 200, 200, 200, 200, 429, 429];
  const codeOfSignIn = (server: ServerProcess, email: string, password: string) =>
    ask(server, `mutation { signIn(input: { email: "${email}", password: "${password}" }) { user { id } } }`).then(
      () => 'OK',
      (error: Error) => /"code":"(\w+)"/.exec(error.message)?.[1],
    );
  /** Returns what the log says about Redis, with the level. */
  const redisLogOf = (server: ServerProcess) =>
    server
      .stdout()
      .split('\n')
      .filter((line) => line.includes('"msg":"Redis '))
      .map((line) => JSON.parse(line) as { level: number; msg: string })
      .map(({ level, msg }) => `${level} ${msg.split(/[:;]/, 1)[0]}`);

  test('A10: failed sign-ins are counted together, and a successful sign-in is not counted', async () => {
    expect(await codeOfSignIn(servers[1], 'ada@example.com', PASSWORD)).toBe('OK');
    const codes: unknown[] = [];
    for (let count = 0; count < 12; count += 1) {
      codes.push(await codeOfSignIn(servers[count % 2] as ServerProcess, 'ada@example.com', 'a wrong password, long enough'));
    }
    expect(codes).toEqual([...Array(10).fill('INVALID_CREDENTIALS'), 'RATE_LIMITED', 'RATE_LIMITED']);
    expect(await codeOfSignIn(servers[1], 'ada@example.com', PASSWORD)).toBe('RATE_LIMITED');
  });

  test('F6: the limit of a key is shared; each process counts alone while Redis is unavailable, nothing else changes, and sharing resumes automatically', async () => {
    expect(await verifyInTurn(await newKey(4), 3)).toEqual(SHARED);
    const [whileAway, whileSilent, after] = [await newKey(4), await newKey(4), await newKey(4)];
    expect(redisLogOf(servers[0])).toEqual(['30 Redis connected']);

    await redisServer.kill();
    await untilRedisIs(0);
    expect(await verifyInTurn(whileAway, 5)).toEqual(EACH_ALONE);
    expect(await verify(servers[1], await newKey(1))).toBe(200);
    expect(await codeOfSignIn(servers[0], 'ada@example.com', PASSWORD)).toBe('OK');
    expect(await Promise.all(servers.map(async (server) => (await fetch(`${server.url}/readyz`)).status))).toEqual([200, 200]);

    await redisServer.restart();
    await untilRedisIs(1);
    expect(await verifyInTurn(after, 3)).toEqual(SHARED);

    redisServer.silence();
    const startedAt = performance.now();
    expect(await verifyInTurn(whileSilent, 1)).toEqual([200, 200]);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await untilRedisIs(0);
    const sinceAt = performance.now();
    expect(await verifyInTurn(whileSilent, 4)).toEqual(EACH_ALONE.slice(2));
    expect(performance.now() - sinceAt).toBeLessThan(500);
    redisServer.resume();
    await untilRedisIs(1);
    expect(await verify(servers[0], after)).toBe(429);

    for (const server of servers) {
      expect(redisLogOf(server).filter((line) => !line.startsWith('40 Redis did not'))).toEqual([
        '30 Redis connected',
        '40 Redis connection lost',
        '30 Redis connected',
        '40 Redis connection lost',
        '30 Redis connected',
      ]);
    }
  });

  test('entries expire automatically and contain no address; the password of Redis is never logged', async () => {
    expect(await codeOfSignIn(servers[0], 'grace@example.com', 'a wrong password, long enough')).toBe('INVALID_CREDENTIALS');
    const keys = await observer.keys('*');
    expect(keys.filter((key) => key.startsWith('keyward:sign-in-account:'))).toHaveLength(1);
    expect(keys.filter((key) => !key.startsWith('keyward:'))).toEqual([]);
    expect(keys.join()).not.toMatch(/grace|example\.com/);
    const ttls = await Promise.all(keys.filter((key) => key !== 'keyward:full:a').map((key) => observer.ttl(key)));
    expect(ttls.every((ttl) => ttl > 0 && ttl <= HOUR_SECONDS)).toBe(true);
    for (const server of servers) {
      expect(server.stdout() + server.stderr()).not.toContain(REDIS_PASSWORD);
      expect(await (await fetch(`${server.url}/metrics`)).text()).not.toContain(REDIS_PASSWORD);
    }
  });

  test('a process starts although Redis is unavailable, and with a wrong password', async () => {
    const env = { DATABASE_URL: database.url, APP_SECRETS: randomBytes(32).toString('base64') };
    const [unreachable, rejected] = await Promise.all([
      startServer({ ...env, REDIS_URL: `redis://:${REDIS_PASSWORD}@127.0.0.1:9` }),
      startServer({ ...env, REDIS_URL: `redis://:hunter3@127.0.0.1:${redisServer.port}` }),
    ]);
    for (const server of [unreachable, rejected]) {
      await eventually(() => expect(redisLogOf(server)).toEqual(['40 Redis connection lost']), CHANGE);
      expect(await metric(server, 'keyward_redis_up')).toBe(0);
      expect(await server.stop()).toEqual({ code: 0, signal: null });
      expect(server.stdout() + server.stderr()).not.toMatch(/hunter/);
    }
    expect(rejected.stdout()).toContain('WRONGPASS');
  });
});
