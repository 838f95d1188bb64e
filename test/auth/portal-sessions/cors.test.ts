import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runSql } from '../../support/database.js';
import { newPortalSession } from '../../support/portal-sessions.js';
import { queriesOf } from '../../support/queries.js';
import { newService, type TestService } from '../../support/services.js';
import { startTestApp, type TestApp } from '../../support/test-app.js';

let app: TestApp;
let replica: TestApp;
let backend: TestService;
beforeAll(async () => {
  app = await startTestApp({ env: { CORS_ORIGINS: 'https://configured.example.com' }, logQueries: true });
  replica = await startTestApp({ databaseUrl: app.databaseUrl, clock: app.clock });
  backend = await newService(app, ['users:act']);
});
afterAll(async () => {
  await app.close();
  await replica.close();
});

const preflight = (origin: string, to = app) =>
  to.http.inject({
    method: 'OPTIONS',
    url: '/graphql',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    },
  });

/** Returns the status and the permissions that a preflight answer grants. */
const answerTo = async (origin: string, to = app) => {
  const { statusCode, headers } = await preflight(origin, to);
  return [statusCode, headers['access-control-allow-origin'], headers['access-control-allow-headers']];
};

const allowed = (origin: string) => [204, origin, 'authorization,content-type'];
const REJECTED = [405, undefined, undefined];

let origins = 0;
const newOrigin = (): string => {
  origins += 1;
  return `https://portal-${origins}.example.com`;
};

describe('S4: a page of the origin that a portal session is bound to', () => {
  test('can call the API from a browser on every replica, without CORS_ORIGINS', async () => {
    const origin = newOrigin();
    expect(await answerTo(origin)).toEqual(REJECTED);
    expect(await answerTo(origin, replica)).toEqual(REJECTED);
    const { token } = await newPortalSession(app, backend, { origin });
    expect(await answerTo(origin)).toEqual(allowed(origin));
    expect(await answerTo(origin, replica)).toEqual(allowed(origin));
    const answer = await app.send('{ me { id } }', {}, { token, headers: { origin } });
    expect([answer.status, answer.headers['access-control-allow-origin'], answer.headers.vary]).toEqual([200, origin, 'Origin']);
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
  });

  test('can read why its requests are rejected after the session ended', async () => {
    const origin = newOrigin();
    const { token, userId } = await newPortalSession(app, backend, { origin });
    await runSql(app.databaseUrl, 'UPDATE portal_sessions SET ended_at = now() WHERE user_id = $1', [userId]);
    const answer = await app.send('{ me { id } }', {}, { token, headers: { origin } });
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([401, origin]);
  });

  test('is the only one: sessions that are bound to no origin allow none, and CORS_ORIGINS still does', async () => {
    const bound = newOrigin();
    await newPortalSession(app, backend);
    await newPortalSession(app, backend, { origin: bound });
    for (const origin of [newOrigin(), 'null', '*', `${bound}:8443`, bound.replace('https', 'http'), `${bound}/`, `${bound}.evil.com`]) {
      expect(await answerTo(origin)).toEqual(REJECTED);
    }
    expect(await answerTo('https://configured.example.com')).toEqual(allowed('https://configured.example.com'));
  });

  test('with the session of another origin, CORS_ORIGINS does not replace the bound origin', async () => {
    const { token } = await newPortalSession(app, backend, { origin: newOrigin() });
    const answer = await app.send('{ me { id } }', {}, { token, headers: { origin: 'https://configured.example.com' } });
    expect(answer.status).toBe(401);
  });
});

describe('the origins of portal sessions', () => {
  test('are read once for a known origin, and for any number of unknown ones at the same time in two queries', async () => {
    const origin = newOrigin();
    await newPortalSession(app, backend, { origin });
    const isRead = (query: string) => query.includes('unnest');
    const known = await queriesOf(app, async () => {
      for (let times = 0; times < 5; times += 1) await preflight(origin);
    });
    expect(known.filter(isRead)).toHaveLength(1);
    const unknown = await queriesOf(app, () => Promise.all(Array.from({ length: 400 }, newOrigin).map((each) => preflight(each))));
    expect(unknown.filter(isRead).length).toBeLessThanOrEqual(2);
  });
});
