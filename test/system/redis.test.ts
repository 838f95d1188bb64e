import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { startDebianPostgres } from '../support/debian-postgres.js';
import { eventually } from '../support/eventually.js';
import { REDIS_PASSWORD, type RedisServer, startRedisServer } from '../support/redis-server.js';
import { ask, type ServerProcess, startServer } from '../support/server-process.js';
import { PASSWORD } from '../support/test-app.js';

const HOUR_SECONDS = 3_600;

/** Longer than Keyward waits before it connects to Redis again. */
const CHANGE = { withinMs: 30_000 };

/** Keyward waits at most this long for a command. */
const COMMAND_MS = 250;

/** Returns the median time of some runs in ms. A pause of the machine delays only one of them. */
async function medianMs(runs: number, run: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < runs; count += 1) {
    const startedAt = performance.now();
    await run();
    times.push(performance.now() - startedAt);
  }
  return times.sort((one, other) => one - other)[Math.floor(runs / 2)] ?? Number.NaN;
}

let redisServer: RedisServer;
/** Inspects what is stored. */
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
      MAX_KEYS_PER_USER: '1000',
    };
    servers = (await Promise.all([startServer(env), startServer(env)])) as [ServerProcess, ServerProcess];
    token = await signUp('ada@example.com');
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
  const signUp = async (email: string): Promise<string> => {
    const query = `mutation { signUp(input: { email: "${email}", password: "${PASSWORD}" }) { accessToken } }`;
    return (await ask<{ signUp: { accessToken: string } }>(servers[0], query)).signUp.accessToken;
  };
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
  /** On a busy machine, a process may count alone because Redis did not answer in time. So this is repeated with a new key. */
  const untilShared = () => eventually(async () => expect(await verifyInTurn(await newKey(4), 3)).toEqual(SHARED), CHANGE);
  const EACH_ALONE = [200, 200, 200, 200, 200, 200, 200, 200, 429, 429];
  const codeOfSignIn = (server: ServerProcess, email: string, password: string) =>
    ask(server, `mutation { signIn(input: { email: "${email}", password: "${password}" }) { user { id } } }`).then(
      () => 'OK',
      (error: Error) => /"code":"(\w+)"/.exec(error.message)?.[1],
    );
  /** Returns what the log says about the connection to Redis, with the level. */
  const redisLogOf = (server: ServerProcess) =>
    server
      .stdout()
      .split('\n')
      .filter((line) => line.includes('"msg":"Redis conn'))
      .map((line) => JSON.parse(line) as { level: number; msg: string })
      .map(({ level, msg }) => `${level} ${msg.split(/[:;]/, 1)[0]}`);

  /** Requires two losses of the connection. On a busy machine, there were more of them, and each change is logged once. */
  const expectLog = (log: string[]) => {
    expect(log.filter((line, index) => line === log[index - 1])).toEqual([]);
    const [connected, lost] = ['30 Redis connected', '40 Redis connection lost'];
    expect(log.slice(-5)).toEqual([connected, lost, connected, lost, connected]);
  };

  test('A10: failed sign-ins are counted together, and a successful sign-in is not counted', async () => {
    const codesOf = async (email: string) => {
      const codes = [await codeOfSignIn(servers[1], email, PASSWORD)];
      for (let count = 0; count < 12; count += 1) {
        codes.push(await codeOfSignIn(servers[count % 2] as ServerProcess, email, 'a wrong password, long enough'));
      }
      return [...codes, await codeOfSignIn(servers[1], email, PASSWORD)];
    };
    const expected = ['OK', ...Array(10).fill('INVALID_CREDENTIALS'), 'RATE_LIMITED', 'RATE_LIMITED', 'RATE_LIMITED'];
    // Repeated with another account, because a process counts alone if Redis does not answer in time.
    await eventually(async () => {
      const email = `${randomBytes(6).toString('hex')}@example.com`;
      await signUp(email);
      expect(await codesOf(email)).toEqual(expected);
    }, CHANGE);
  });

  test('F6: the limit of a key is shared; each process counts alone while Redis is unavailable, nothing else changes, and sharing resumes automatically', async () => {
    await untilShared();
    const [whileAway, whileSilent] = [await newKey(4), await newKey(4)];

    await redisServer.kill();
    await untilRedisIs(0);
    expect(await verifyInTurn(whileAway, 5)).toEqual(EACH_ALONE);
    expect(await verify(servers[1], await newKey(1))).toBe(200);
    expect(await codeOfSignIn(servers[0], 'ada@example.com', PASSWORD)).toBe('OK');
    expect(await Promise.all(servers.map(async (server) => (await fetch(`${server.url}/readyz`)).status))).toEqual([200, 200]);

    await redisServer.restart();
    await untilRedisIs(1);
    await untilShared();

    redisServer.silence();
    expect(await verifyInTurn(whileSilent, 1)).toEqual([200, 200]);
    // They did not wait until the silent connection was closed.
    for (const server of servers) await eventually(() => expect(server.stdout()).toMatch(/Command timed out.*Redis did not count/), CHANGE);
    await untilRedisIs(0);
    expect(await verifyInTurn(whileSilent, 4)).toEqual(EACH_ALONE.slice(2));
    // Without a connection, they do not wait.
    expect(await medianMs(8, () => verify(servers[0], whileSilent))).toBeLessThan(COMMAND_MS);
    redisServer.resume();
    await untilRedisIs(1);
    await untilShared();

    for (const server of servers) await eventually(() => expectLog(redisLogOf(server)), CHANGE);
  });

  test('entries expire automatically and contain no address; the password of Redis is never logged', async () => {
    let keys: string[] = [];
    await eventually(async () => {
      expect(await codeOfSignIn(servers[0], 'grace@example.com', 'a wrong password, long enough')).toBe('INVALID_CREDENTIALS');
      keys = await observer.keys('*');
      expect(keys.filter((key) => key.startsWith('keyward:sign-in-account:'))).toHaveLength(1);
    }, CHANGE);
    expect(keys.filter((key) => !key.startsWith('keyward:'))).toEqual([]);
    expect(keys.join()).not.toMatch(/grace|example\.com/);
    const ttls = await Promise.all(keys.map((key) => observer.ttl(key)));
    // -1 if a key never expires, -2 if it has expired meanwhile.
    expect(ttls.every((ttl) => ttl !== -1 && ttl <= HOUR_SECONDS)).toBe(true);
    for (const server of servers) {
      expect(server.stdout() + server.stderr()).not.toContain(REDIS_PASSWORD);
      expect(await (await fetch(`${server.url}/metrics`)).text()).not.toContain(REDIS_PASSWORD);
    }
  });

  test.each([
    ['Redis is unavailable', () => `redis://:${REDIS_PASSWORD}@127.0.0.1:9`, 'ECONNREFUSED'],
    ['the password is wrong', () => `redis://:hunter3@127.0.0.1:${redisServer.port}`, 'WRONGPASS'],
  ])('a process starts although %s, and logs it without the password', async (_case, urlOf, reason) => {
    const env = { DATABASE_URL: database.url, APP_SECRETS: randomBytes(32).toString('base64'), REDIS_URL: urlOf() };
    const start = async () => {
      const server = await startServer(env);
      await eventually(() => expect(redisLogOf(server)).toEqual(['40 Redis connection lost']), CHANGE);
      expect(await metric(server, 'keyward_redis_up')).toBe(0);
      expect(await server.stop()).toEqual({ code: 0, signal: null });
      expect(server.stdout() + server.stderr()).not.toMatch(/hunter/);
      return server.stdout();
    };
    // On a busy machine, the reason of the first attempt to connect can be a timeout.
    await eventually(async () => expect(await start()).toContain(reason), { withinMs: 50_000 });
  });
});
