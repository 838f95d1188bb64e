import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { Registry } from 'prom-client';
import { createLogger } from '../../src/platform/logger.js';
import { createRedis } from '../../src/platform/rate-limit/redis.js';
import { RedisWindows } from '../../src/platform/rate-limit/redis-windows.js';
import { SharedWindowCounter } from '../../src/platform/rate-limit/shared-window-counter.js';
import { WindowCounter } from '../../src/platform/rate-limit/window-counter.js';
import { eventually } from '../support/eventually.js';
import { type RedisServer, startRedisServer } from '../support/redis-server.js';
import { TestClock } from '../support/test-clock.js';

/** A connection, or a change in Redis. */
const CHANGE = { withinMs: 30_000 };

let redisServer: RedisServer;
/** Inspects what is stored, and simulates the passing of time by shortening the expiry of the keys in Redis. */
let observer: Redis;
beforeAll(async () => {
  redisServer = await startRedisServer();
  observer = new Redis(redisServer.url);
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
    // On a busy machine, a command can take longer than Keyward waits for it.
    const timeoutsMs = { command: 30_000, silence: 30_000 };
    connection = createRedis(redisServer.url, { logger: createLogger('silent'), metrics: new Registry(), timeoutsMs });
    await eventually(() => expect(connection.status).toBe('ready'), CHANGE);
  });
  afterAll(() => connection.disconnect());

  /** Requires the seconds that are left of a window of `length` seconds. Redis counts down in real time. */
  const expectLeft = async (key: string, { resetsInSeconds }: { resetsInSeconds: number }, length: number) => {
    expect(resetsInSeconds).toBeLessThanOrEqual(length);
    expect(resetsInSeconds).toBeGreaterThanOrEqual(Math.ceil((await observer.pttl(key)) / 1_000));
  };

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
    for (const [counter, allowed] of [[other, true] as const, [one, false] as const]) {
      const spending = await counter.spend('a', TWO);
      expect(spending).toMatchObject({ allowed, remaining: 0 });
      await expectLeft('keyward:shared:a', spending, 30);
    }
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
    const longer = await counter.spend('a', { limit: 3, windowSeconds: 120 });
    expect(longer).toMatchObject({ allowed: true, remaining: 0 });
    await expectLeft('keyward:changed:a', longer, 120);
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
