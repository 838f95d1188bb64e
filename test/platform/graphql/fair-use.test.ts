import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Authentication } from '../../../src/auth/auth-context.js';
import { FAIR_USE_LIMITS } from '../../../src/platform/limits.js';
import { Allowance, FairUse, KeyedTurns } from '../../../src/platform/rate-limit/fair-use.js';
import { WindowCounter } from '../../../src/platform/rate-limit/window-counter.js';
import { UpdateApiKeyDocument } from '../../generated/graphql.js';
import { newKey } from '../../support/doors.js';
import { queriesOf } from '../../support/queries.js';
import { codesOf, startTestApp, type TestApp } from '../../support/test-app.js';

const settle = () => new Promise((resolve) => setImmediate(resolve));

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ logQueries: true });
});
afterAll(() => app.close());

describe('A12: the limit on the cost of one user per minute', () => {
  const PAGE = '{ myAuditLog(first: 100) { edges { node { id at action ipAddress userAgent details apiKey { id } } cursor } } }';
  const PAGE_COST = 1 + 100 * 11;

  test('counts the declared cost of each document, and returns 429 with Retry-After to this user alone until the minute ends', async () => {
    const [user, other] = [await app.newUser(), await app.newUser()];
    const served = Math.floor(FAIR_USE_LIMITS.cost.limit / PAGE_COST);
    for (let count = 0; count < served; count += 1) expect(codesOf(await app.send(PAGE, {}, { token: user.accessToken }))).toEqual([]);
    const rejected = await app.send(PAGE, {}, { token: user.accessToken });
    expect(codesOf(rejected)).toEqual(['RATE_LIMITED']);
    expect(rejected.status).toBe(429);
    expect(rejected.headers['retry-after']).toBe('60');
    expect(codesOf(await app.send(PAGE, {}, { token: other.accessToken }))).toEqual([]);
    app.clock.advanceSeconds(61);
    expect(codesOf(await app.send(PAGE, {}, { token: user.accessToken }))).toEqual([]);
  });
});

describe('A12: the limit on concurrent requests of one user', () => {
  test('lets 60 parallel changes succeed, with one transaction at a time', async () => {
    const busy = await newKey(app);
    const codes: string[] = [];
    const queries = await queriesOf(app, async () => {
      const changes = Array.from({ length: 60 }, (_, index) =>
        app.send(UpdateApiKeyDocument, { id: busy.id, input: { name: `name ${index}` } }, { token: busy.token }),
      );
      codes.push(...(await Promise.all(changes)).flatMap(codesOf));
    });
    expect(codes).toEqual([]);
    expect(queries.filter((sql) => /^(BEGIN|COMMIT)$/.test(sql))).toEqual(Array(60).fill(['BEGIN', 'COMMIT']).flat());
  });

  test('executes 8 requests at a time, and the waiting requests in order', async () => {
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

  test('F3: rejects the waiting requests at once after one of them gets SERVICE_UNAVAILABLE', async () => {
    const turns = new KeyedTurns({ requestsAtOnce: 1, requestsWaiting: 10, waitMs: 60_000 });
    const running = await turns.take('user');
    const waiting = [turns.take('user'), turns.take('user')];
    running.release('unavailable');
    for (const turn of waiting) await expect(turn).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    (await turns.take('user')).release();
  });

  test('rejects a request after waitMs, and passes its turn to the next request', async () => {
    const turns = new KeyedTurns({ requestsAtOnce: 1, requestsWaiting: 10, waitMs: 50 });
    const running = await turns.take('user');
    await expect(turns.take('user')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    const next = turns.take('user');
    running.release();
    expect((await next).waited).toBe(true);
  });

  test('rejects a request if its session ended while it waited', async () => {
    const fairUse = new FairUse(new WindowCounter({ clock: app.clock }), { ...FAIR_USE_LIMITS, requestsAtOnce: 1 });
    const viewer = { user: { id: 'user' }, sessionId: 'session' };
    const answers = [{ kind: 'person', viewer }, null];
    const authentication = new Authentication({
      authenticator: { authenticate: async () => answers.shift() } as never,
      bearerToken: 'token',
      productUsers: {} as never,
      source: {} as never,
      actingHeaders: { onBehalfOf: null, actor: null, clientAddress: null },
      origin: null,
      isServiceTokenOfPage: false,
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

  test('of a service counts no cost, and waits beyond the requests that it may have at once, apart from those of other services', async () => {
    const limits = { ...FAIR_USE_LIMITS, cost: { limit: 1, windowSeconds: 60 }, serviceRequestsAtOnce: 2 };
    const fairUse = new FairUse(new WindowCounter({ clock: app.clock }), limits);
    const [first, second, third, other] = [new Allowance(fairUse), new Allowance(fairUse), new Allowance(fairUse), new Allowance(fairUse)];
    for (const allowance of [first, second, third, other]) allowance.cost = 1_000;
    expect([await first.enterAsService('a'), await second.enterAsService('a')]).toEqual([false, false]);
    const waiting = third.enterAsService('a');
    expect(await other.enterAsService('b')).toBe(false);
    first.leave();
    expect(await waiting).toBe(true);
  });

  test('passes the turn of a request that finished while it waited to the next request', async () => {
    const limits = { ...FAIR_USE_LIMITS, requestsAtOnce: 1 };
    const fairUse = new FairUse(new WindowCounter({ clock: app.clock }), limits);
    const [first, finished, last] = [new Allowance(fairUse), new Allowance(fairUse), new Allowance(fairUse)];
    await first.enter('user');
    const [finishedEnters, lastEnters] = [finished.enter('user'), last.enter('user')];
    finished.leave();
    first.leave();
    await finishedEnters;
    expect(await lastEnters).toBe(true);
  });
});
