import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Authentication } from '../../../src/auth/auth-context.js';
import { FAIR_USE_LIMITS } from '../../../src/platform/limits.js';
import { Allowance, FairUse, KeyedTurns } from '../../../src/platform/rate-limit/fair-use.js';
import { WindowCounter } from '../../../src/platform/rate-limit/window-counter.js';
import { UpdateApiKeyDocument } from '../../generated/graphql.js';
import { newKey } from '../../support/doors.js';
import { codesOf, startTestApp, type TestApp } from '../../support/test-app.js';

const settle = () => new Promise((resolve) => setImmediate(resolve));

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

describe('A12: the cost that one user may cause in a minute', () => {
  const PAGE = '{ myAuditLog(first: 100) { edges { node { id at action ipAddress userAgent details apiKey { id } } cursor } } }';
  const PAGE_COST = 1 + 100 * 11;

  test('is counted by the declared cost of each document; beyond it 429 with Retry-After, for this user alone, until the minute is over', async () => {
    const [user, other] = [await app.newUser(), await app.newUser()];
    const served = Math.floor(FAIR_USE_LIMITS.cost.limit / PAGE_COST);
    for (let count = 0; count < served; count += 1) expect(codesOf(await app.send(PAGE, {}, { token: user.accessToken }))).toEqual([]);
    const refused = await app.send(PAGE, {}, { token: user.accessToken });
    expect(codesOf(refused)).toEqual(['RATE_LIMITED']);
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('60');
    expect(codesOf(await app.send(PAGE, {}, { token: other.accessToken }))).toEqual([]);
    app.clock.advanceSeconds(61);
    expect(codesOf(await app.send(PAGE, {}, { token: user.accessToken }))).toEqual([]);
  });
});

describe('A12: the requests of one user at once', () => {
  test('60 parallel changes of one user all succeed, with one transaction at a time', async () => {
    const busy = await newKey(app);
    let [running, runningMax] = [0, 0];
    const transact = app.database.$transaction.bind(app.database) as (...args: unknown[]) => Promise<unknown>;
    const counted = async (...args: unknown[]) => {
      running += 1;
      runningMax = Math.max(runningMax, running);
      return transact(...args).finally(() => {
        running -= 1;
      });
    };
    Object.assign(app.database, { $transaction: counted });
    const changes = Array.from({ length: 60 }, (_, index) =>
      app.send(UpdateApiKeyDocument, { id: busy.id, input: { name: `name ${index}` } }, { token: busy.token }),
    );
    const answers = await Promise.all(changes);
    Object.assign(app.database, { $transaction: transact });
    expect(answers.flatMap(codesOf)).toEqual([]);
    expect(runningMax).toBe(1);
  });

  test('8 are executed at a time; who waits is served in order', async () => {
    const turns = new KeyedTurns({ requestsAtOnce: 8, requestsWaiting: 2, waitMs: 60_000 });
    const running = await Promise.all(Array.from({ length: 8 }, () => turns.take('user')));
    expect(running.map(({ waited }) => waited)).toEqual(Array(8).fill(false));
    const order: string[] = [];
    const waiting = ['first', 'second'].map(async (name) => {
      const turn = await turns.take('user');
      order.push(name);
      return turn;
    });
    await settle();
    expect(order).toEqual([]);
    await expect(turns.take('user')).rejects.toMatchObject({ code: 'RATE_LIMITED', details: { retryAfterSeconds: 1 } });
    expect((await turns.take('other')).waited).toBe(false);
    running[0]?.release();
    expect((await waiting[0])?.waited).toBe(true);
    expect(order).toEqual(['first']);
    running[1]?.release();
    await waiting[1];
    expect(order).toEqual(['first', 'second']);
  });

  test('F3: when the server is unavailable to one, those that wait are rejected at once', async () => {
    const turns = new KeyedTurns({ requestsAtOnce: 1, requestsWaiting: 10, waitMs: 60_000 });
    const running = await turns.take('user');
    const waiting = [turns.take('user'), turns.take('user')];
    running.release('unavailable');
    for (const one of waiting) await expect(one).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    (await turns.take('user')).release();
  });

  test('one that waits too long is rejected, and its turn goes to the next', async () => {
    const turns = new KeyedTurns({ requestsAtOnce: 1, requestsWaiting: 10, waitMs: 50 });
    const running = await turns.take('user');
    await expect(turns.take('user')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    const next = turns.take('user');
    running.release();
    expect((await next).waited).toBe(true);
  });

  test('a session that ended while its request waited is rejected', async () => {
    const fairUse = new FairUse(new WindowCounter({ clock: app.clock }), { ...FAIR_USE_LIMITS, requestsAtOnce: 1 });
    const viewer = { user: { id: 'user' }, sessionId: 'session' } as never;
    const answers = [viewer, null];
    const authentication = new Authentication({
      authenticator: { authenticate: async () => answers.shift() } as never,
      bearerToken: 'token',
      origin: {} as never,
      allowance: new Allowance(fairUse),
    });
    const running = new Allowance(fairUse);
    await running.enter('user');
    const waiting = authentication.viewer();
    await settle();
    running.leave();
    await expect(waiting).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(answers).toEqual([]);
  });

  test('a request that is over before its turn comes leaves it to the next', async () => {
    const limits = { ...FAIR_USE_LIMITS, requestsAtOnce: 1 };
    const fairUse = new FairUse(new WindowCounter({ clock: app.clock }), limits);
    const [first, gone, last] = [new Allowance(fairUse), new Allowance(fairUse), new Allowance(fairUse)];
    await first.enter('user');
    const [goneEnters, lastEnters] = [gone.enter('user'), last.enter('user')];
    gone.leave();
    first.leave();
    await goneEnters;
    expect(await lastEnters).toBe(true);
  });
});
