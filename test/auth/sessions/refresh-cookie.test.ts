import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ResetTokens } from '../../../src/auth/accounts/reset-tokens.js';
import { RefreshCookie, transportOf } from '../../../src/auth/sessions/refresh-cookie.js';
import { KeywardError } from '../../../src/platform/errors/keyward-error.js';
import {
  ChangePasswordDocument,
  CreateApiKeyDocument,
  DeleteMyAccountDocument,
  EndOtherSessionsDocument,
  MeDocument,
  RefreshSessionDocument,
  ResetPasswordDocument,
  SignInDocument,
  SignOutDocument,
  SignUpDocument,
} from '../../generated/graphql.js';
import { type Exchange, type ExchangeOptions, exchange } from '../../support/exchange.js';
import { PASSWORD, startTestApp, type TestApp } from '../../support/test-app.js';

const NAME = '__Host-keyward-refresh';
const TTL_SECONDS = 2_592_000;
const CLEARED = `${NAME}=; Path=/; HttpOnly; Secure; SameSite=Strict; Max-Age=0`;
const NEW_PASSWORD = 'a quite different password';

/** What Chromium sends with a POST from a page of the console. */
const PAGE = {
  host: 'keys.example.com',
  'content-type': 'application/json',
  'x-keyward-refresh': 'cookie',
  origin: 'https://keys.example.com',
  'sec-fetch-site': 'same-origin',
};

type Headers = NonNullable<ExchangeOptions['headers']>;

interface Server {
  app: TestApp;
  port: number;
}

async function startServer(env: Record<string, string> = {}): Promise<Server> {
  const app = await startTestApp({ env });
  return { app, port: Number(new URL(await app.http.listen({ port: 0, host: '127.0.0.1' })).port) };
}

let server: Server;
beforeAll(async () => {
  server = await startServer({ CORS_ORIGINS: 'https://app.example.com' });
});
afterAll(() => server.app.close());

interface Answer extends Exchange {
  json: { data?: Record<string, { refreshToken: string; accessToken: string }> | null; errors?: { extensions: { code: string } }[] };
  setCookie: string[];
}

/** Posts a document with exactly these headers. */
async function post(document: unknown, variables: object, headers: Headers = PAGE, { port }: Server = server): Promise<Answer> {
  const body = JSON.stringify({ query: String(document), variables });
  const answer = await exchange(port, '/graphql', { method: 'POST', headers, body });
  return { ...answer, json: JSON.parse(answer.body.toString()), setCookie: answer.headers['set-cookie'] ?? [] };
}

const codesOf = ({ json }: Answer): string[] => (json.errors ?? []).map(({ extensions }) => extensions.code);
const withCookie = (token: string, headers: Headers = PAGE): Headers => ({ ...headers, cookie: `${NAME}=${token}` });
const refresh = (token: string, headers: Headers = PAGE, to = server) =>
  post(RefreshSessionDocument, { refreshToken: '' }, withCookie(token, headers), to);

/** Returns the value of the only cookie that an answer sets, and requires its exact attributes. */
function tokenOf({ setCookie }: Answer): string {
  expect(setCookie).toHaveLength(1);
  const [, value = '', attributes] = /^__Host-keyward-refresh=([^;]+); (.+)$/.exec(setCookie[0] ?? '') ?? [];
  expect(attributes).toBe(`Path=/; HttpOnly; Secure; SameSite=Strict; Max-Age=${TTL_SECONDS}`);
  return value;
}

/** Signs up a new user in a browser. */
async function newSession(): Promise<{ email: string; token: string; accessToken: string }> {
  const email = `${crypto.randomUUID()}@example.com`;
  const answer = await post(SignUpDocument, { input: { email, password: PASSWORD } });
  return { email, token: tokenOf(answer), accessToken: answer.json.data?.signUp?.accessToken ?? '' };
}

describe('W2: the refresh cookie', () => {
  test('carries the refresh token of every operation that opens or refreshes a session, and the body does not', async () => {
    const { email, token, accessToken } = await newSession();
    const resetTokens = new ResetTokens({ database: server.app.database, clock: server.app.clock });
    const { id } = await server.app.database.user.findFirstOrThrow({ where: { email } });
    const issue = () => server.app.database.$transaction((transaction) => resetTokens.issue(transaction, id));
    const bearer = { ...PAGE, authorization: `Bearer ${accessToken}` };
    const answers = [
      await refresh(token),
      await post(SignInDocument, { input: { email, password: PASSWORD } }),
      await post(ChangePasswordDocument, { input: { currentPassword: PASSWORD, newPassword: NEW_PASSWORD } }, bearer),
      await post(ResetPasswordDocument, { input: { token: (await issue()).token, newPassword: PASSWORD } }),
    ];
    for (const answer of answers) {
      const value = tokenOf(answer);
      expect(Object.values(answer.json.data ?? {})).toEqual([expect.objectContaining({ refreshToken: '' })]);
      expect(answer.body.toString()).not.toContain(value);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(server.app.logs()).not.toContain(value);
    }
  });

  test('is exchanged by refreshSession(""), again and again', async () => {
    let { token } = await newSession();
    for (let round = 0; round < 3; round += 1) {
      const answer = await refresh(token);
      expect(answer.json.data?.refreshSession?.accessToken).toEqual(expect.any(String));
      expect(tokenOf(answer)).not.toBe(token);
      token = tokenOf(answer);
    }
  });

  test('follows changePassword, which ends the current session too', async () => {
    const { token, accessToken } = await newSession();
    const input = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
    const changed = await post(ChangePasswordDocument, { input }, { ...PAGE, authorization: `Bearer ${accessToken}` });
    const old = await refresh(token);
    expect([codesOf(old), old.setCookie]).toEqual([['UNAUTHENTICATED'], [CLEARED]]);
    expect(codesOf(await refresh(tokenOf(changed)))).toEqual([]);
  });

  test('is removed by signOut(""), which ends its session', async () => {
    const { token, accessToken } = await newSession();
    const answer = await post(SignOutDocument, { refreshToken: '' }, withCookie(token));
    expect([answer.json.data, answer.setCookie]).toEqual([{ signOut: { signedOut: true } }, [CLEARED]]);
    expect(codesOf(await refresh(token))).toEqual(['UNAUTHENTICATED']);
    expect(codesOf(await post(MeDocument, {}, { ...PAGE, authorization: `Bearer ${accessToken}` }))).toEqual(['UNAUTHENTICATED']);
  });

  test('is removed by the answer if it is not valid', async () => {
    const { token: ended } = await newSession();
    await post(SignOutDocument, { refreshToken: ended });
    const { token: valid } = await newSession();
    for (const cookie of [`${NAME}=nonsense`, `${NAME}=`, `${NAME}=${ended}`, `${NAME}=${valid}; ${NAME}=${valid}`]) {
      for (const document of [RefreshSessionDocument, SignOutDocument]) {
        if (document === SignOutDocument && cookie.includes(ended)) continue;
        const answer = await post(document, { refreshToken: '' }, { ...PAGE, cookie });
        expect([cookie, codesOf(answer), answer.setCookie]).toEqual([cookie, ['UNAUTHENTICATED'], [CLEARED]]);
      }
    }
    expect(codesOf(await refresh(valid))).toEqual([]);
  });

  test('is removed by the answer if it has expired', async () => {
    const { token } = await newSession();
    server.app.clock.advanceSeconds(TTL_SECONDS + 1);
    const answer = await refresh(token);
    expect([codesOf(answer), answer.setCookie]).toEqual([['UNAUTHENTICATED'], [CLEARED]]);
  });

  test('is kept if another tab exchanged it less than 10 s ago', async () => {
    const { token } = await newSession();
    await refresh(token);
    const second = await refresh(token);
    expect([codesOf(second), second.setCookie]).toEqual([['CONFLICT'], []]);
  });

  test('is kept if the database is unavailable', async () => {
    const setCookies: string[] = [];
    const setCookie = (value: string) => void setCookies.push(value);
    const cookie = new RefreshCookie({ transport: 'cookie', headers: { cookie: `${NAME}=x` }, maxAgeSeconds: 1, setCookie });
    const fail = async () => Promise.reject(new KeywardError('SERVICE_UNAVAILABLE', 'unavailable'));
    await expect(cookie.exchange('', fail)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(setCookies).toEqual([]);
  });

  test('is found among other cookies, and a request without it gets UNAUTHENTICATED and no cookie', async () => {
    const { token } = await newSession();
    for (const cookie of [undefined, 'theme=dark', `X${NAME}=${token}`, `${NAME}x=${token}`]) {
      const answer = await post(RefreshSessionDocument, { refreshToken: '' }, { ...PAGE, cookie });
      expect([cookie, codesOf(answer)]).toEqual([cookie, ['UNAUTHENTICATED']]);
    }
    const none = await post(RefreshSessionDocument, { refreshToken: '' });
    expect(none.setCookie).toEqual([]);
    expect(codesOf(await post(RefreshSessionDocument, { refreshToken: '' }, { ...PAGE, cookie: `a=b; ${NAME}=${token};c=d` }))).toEqual([]);
  });

  test('replaces a refresh token in the argument, which has precedence over an earlier cookie', async () => {
    const [first, second] = [await newSession(), await newSession()];
    const answer = await post(RefreshSessionDocument, { refreshToken: first.token }, withCookie(second.token));
    expect(answer.json.data?.refreshSession).toMatchObject({ refreshToken: '' });
    expect(codesOf(await refresh(tokenOf(answer)))).toEqual([]);
    expect(codesOf(await refresh(second.token))).toEqual([]);
  });

  test('opens nothing but refreshSession and signOut', async () => {
    const { token } = await newSession();
    for (const [document, variables] of [
      [MeDocument, {}],
      [CreateApiKeyDocument, { input: {} }],
      [EndOtherSessionsDocument, {}],
      [ChangePasswordDocument, { input: { currentPassword: PASSWORD, newPassword: NEW_PASSWORD } }],
      [DeleteMyAccountDocument, { password: PASSWORD }],
    ] as const) {
      const answer = await post(document, variables, withCookie(token));
      expect([codesOf(answer), answer.setCookie]).toEqual([['UNAUTHENTICATED'], []]);
    }
    expect(codesOf(await refresh(token))).toEqual([]);
  });
});

describe('W2: without X-Keyward-Refresh: cookie', () => {
  test.each([undefined, 'body', 'Cookie', 'cookie, cookie', ''])(
    'no cookie is read or set, and the body has the token: %s',
    async (value) => {
      const headers = { ...PAGE, 'x-keyward-refresh': value };
      const { email, token } = await newSession();
      const signedIn = await post(SignInDocument, { input: { email, password: PASSWORD } }, withCookie(token, headers));
      const inBody = signedIn.json.data?.signIn?.refreshToken ?? '';
      expect([inBody.length > 40, signedIn.setCookie]).toEqual([true, []]);
      for (const document of [RefreshSessionDocument, SignOutDocument]) {
        const answer = await post(document, { refreshToken: '' }, withCookie(token, headers));
        expect([codesOf(answer), answer.setCookie]).toEqual([['UNAUTHENTICATED'], []]);
      }
      const refreshed = await post(RefreshSessionDocument, { refreshToken: inBody }, withCookie(token, headers));
      expect(refreshed.json.data?.refreshSession?.refreshToken).toMatch(/^[\w-]{40,}$/);
      expect(refreshed.setCookie).toEqual([]);
      expect(codesOf(await refresh(token))).toEqual([]);
    },
  );
});

describe('W2: a request that uses the cookie', () => {
  const local = (host: string): Headers => ({ ...PAGE, host, origin: `http://${host}`, 'sec-fetch-site': undefined });

  test.each<[string, Headers]>([
    ['from Chromium, Firefox or a new Safari', PAGE],
    ['from a browser without Sec-Fetch-Site', { ...PAGE, 'sec-fetch-site': undefined }],
    ['without Origin', { ...PAGE, origin: undefined }],
    ['with the default port in Host', { ...PAGE, host: 'KEYS.example.com:443' }],
    ['with another port', { ...PAGE, host: 'keys.example.com:8443', origin: 'https://keys.example.com:8443' }],
    ['with a charset', { ...PAGE, 'content-type': 'application/json; charset=utf-8' }],
    ['of 127.0.0.1', local('127.0.0.1:4000')],
    ['of localhost', local('localhost:4000')],
    ['of a name below localhost', local('keys.localhost')],
    ['of [::1]', local('[::1]:4000')],
  ])('is accepted from a page of the server: %s', async (_case, headers) => {
    const { token } = await newSession();
    expect(tokenOf(await refresh(token, headers))).not.toBe(token);
  });

  const foreign: [string, Headers][] = [
    ['Sec-Fetch-Site: cross-site', { ...PAGE, 'sec-fetch-site': 'cross-site' }],
    ['Sec-Fetch-Site: same-site', { ...PAGE, 'sec-fetch-site': 'same-site' }],
    ['Sec-Fetch-Site: none', { ...PAGE, 'sec-fetch-site': 'none' }],
    ['Sec-Fetch-Site: cross-site, without Origin', { ...PAGE, 'sec-fetch-site': 'cross-site', origin: undefined }],
    ['two different Sec-Fetch-Site', { ...PAGE, 'sec-fetch-site': 'same-origin, cross-site' }],
    ['a foreign Origin', { ...PAGE, origin: 'https://evil.example' }],
    ['a foreign Origin, without Sec-Fetch-Site', { ...PAGE, origin: 'https://evil.example', 'sec-fetch-site': undefined }],
    ['an allowed Origin of CORS_ORIGINS', { ...PAGE, origin: 'https://app.example.com', 'sec-fetch-site': undefined }],
    ['Origin: null', { ...PAGE, origin: 'null', 'sec-fetch-site': undefined }],
    ['an Origin of another port', { ...PAGE, origin: 'https://keys.example.com:8443', 'sec-fetch-site': undefined }],
    ['an Origin of a subdomain', { ...PAGE, origin: 'https://a.keys.example.com', 'sec-fetch-site': undefined }],
    ['an Origin that begins like the host', { ...PAGE, origin: 'https://keys.example.com.evil.example', 'sec-fetch-site': undefined }],
    ['an Origin with a path', { ...PAGE, origin: 'https://keys.example.com/', 'sec-fetch-site': undefined }],
    ['an Origin with a user', { ...PAGE, origin: 'https://evil@keys.example.com', 'sec-fetch-site': undefined }],
    ['an Origin of an extension', { ...PAGE, origin: 'chrome-extension://keys.example.com', 'sec-fetch-site': undefined }],
    [
      'http, while Host names the port of https',
      { ...PAGE, host: 'localhost:443', origin: 'http://localhost', 'sec-fetch-site': undefined },
    ],
    ['neither Origin nor Sec-Fetch-Site', { ...PAGE, origin: undefined, 'sec-fetch-site': undefined }],
  ];

  test.each(foreign)('is rejected, and changes nothing: %s', async (_case, headers) => {
    const { email, token } = await newSession();
    const sessions = () => server.app.database.session.count();
    const before = await sessions();
    for (const answer of [
      await refresh(token, headers),
      await post(SignOutDocument, { refreshToken: '' }, withCookie(token, headers)),
      await post(RefreshSessionDocument, { refreshToken: token }, withCookie(token, headers)),
      await post(SignInDocument, { input: { email, password: PASSWORD } }, headers),
    ]) {
      expect([codesOf(answer), answer.setCookie]).toEqual([['FORBIDDEN'], []]);
    }
    expect(await sessions()).toBe(before);
    // The token is still the current one of a live session.
    expect(codesOf(await refresh(token))).toEqual([]);
  });

  test.each(['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain', undefined])(
    'is rejected before GraphQL runs, as %s, and changes nothing',
    async (type) => {
      const { token } = await newSession();
      const answer = await refresh(token, { ...PAGE, 'content-type': type });
      expect([answer.status, answer.setCookie]).toEqual([400, []]);
      expect(codesOf(await refresh(token))).toEqual([]);
    },
  );

  test('is rejected with GET, and changes nothing', async () => {
    const { token } = await newSession();
    const query = new URLSearchParams({ query: 'mutation { refreshSession(refreshToken: "") { accessToken } }' });
    for (const headers of [PAGE, { ...PAGE, 'apollo-require-preflight': 'true' }]) {
      const { status, headers: sent } = await exchange(server.port, `/graphql?${query}`, { headers: withCookie(token, headers) });
      expect([status, sent['set-cookie']]).toEqual([405, undefined]);
    }
    expect(codesOf(await refresh(token))).toEqual([]);
  });

  test('is rejected by transportOf itself unless it is a POST of JSON', () => {
    const settings = { isEnabled: true, consoleOrigin: null, maxAgeSeconds: 1 };
    expect(transportOf({ method: 'POST', headers: PAGE }, settings)).toBe('cookie');
    expect(transportOf({ method: 'GET', headers: PAGE }, settings)).toBe('rejected');
    for (const type of ['text/plain', 'application/jsonp', 'text/plain; application/json'])
      expect(transportOf({ method: 'POST', headers: { ...PAGE, 'content-type': type } }, settings)).toBe('rejected');
  });

  test('is never allowed with credentials by CORS', async () => {
    for (const origin of ['https://app.example.com', 'http://localhost:5173', 'https://evil.example']) {
      const asked = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type,x-keyward-refresh' };
      const preflight = await exchange(server.port, '/graphql', { method: 'OPTIONS', headers: { origin, ...asked } });
      const answer = await post(RefreshSessionDocument, { refreshToken: '' }, { ...PAGE, origin });
      for (const { headers } of [preflight, answer]) expect(headers['access-control-allow-credentials']).toBeUndefined();
    }
  });
});

describe('W2: over plain HTTP, except on this machine,', () => {
  test.each(['192.168.1.5:4000', 'keys.example.com', 'localhost.example.com', '127.0.0.1.example.com', 'evil-localhost'])(
    'no cookie is set or read, and the body has the token: %s',
    async (host) => {
      const headers = { ...PAGE, host, origin: `http://${host}`, 'sec-fetch-site': undefined };
      const { email, token } = await newSession();
      const signedIn = await post(SignInDocument, { input: { email, password: PASSWORD } }, headers);
      const inBody = signedIn.json.data?.signIn?.refreshToken ?? '';
      expect([inBody.length > 40, signedIn.setCookie]).toEqual([true, []]);
      const byCookie = await refresh(token, headers);
      expect([codesOf(byCookie), byCookie.setCookie]).toEqual([['UNAUTHENTICATED'], []]);
      const byBody = await post(RefreshSessionDocument, { refreshToken: inBody }, headers);
      expect([codesOf(byBody), byBody.setCookie]).toEqual([[], []]);
      expect(codesOf(await refresh(token))).toEqual([]);
    },
  );
});

describe('W2: the settings', () => {
  test('CONSOLE_ORIGIN replaces the comparison with Host', async () => {
    const pinned = await startServer({ CONSOLE_ORIGIN: 'https://keys.example.com' });
    const signUp = (headers: Headers) =>
      post(SignUpDocument, { input: { email: `${crypto.randomUUID()}@example.com`, password: PASSWORD } }, headers, pinned);
    const rewritten = { ...PAGE, host: 'keyward:4000' };
    const token = tokenOf(await signUp(rewritten));
    expect(codesOf(await refresh(token, { ...rewritten, 'sec-fetch-site': undefined }, pinned))).toEqual([]);
    for (const origin of ['https://keyward:4000', 'http://keys.example.com', 'https://keys.example.com:8443']) {
      const answer = await signUp({ ...rewritten, host: new URL(origin).host, origin });
      expect([codesOf(answer), answer.setCookie]).toEqual([['FORBIDDEN'], []]);
    }
    await pinned.app.close();
  });

  test('CONSOLE=false turns the cookie off: it is neither set nor read', async () => {
    const off = await startServer({ CONSOLE: 'false' });
    const input = { email: 'ada@example.com', password: PASSWORD };
    const signedUp = await post(SignUpDocument, { input }, PAGE, off);
    const token = signedUp.json.data?.signUp?.refreshToken ?? '';
    expect([token.length > 40, signedUp.setCookie]).toEqual([true, []]);
    const answer = await refresh(token, PAGE, off);
    expect([codesOf(answer), answer.setCookie]).toEqual([['UNAUTHENTICATED'], []]);
    expect(codesOf(await post(RefreshSessionDocument, { refreshToken: token }, PAGE, off))).toEqual([]);
    await off.app.close();
  });

  test('REFRESH_TOKEN_TTL_SECONDS is the lifetime of the cookie', async () => {
    const short = await startServer({ REFRESH_TOKEN_TTL_SECONDS: '3600' });
    const { setCookie } = await post(SignUpDocument, { input: { email: 'ada@example.com', password: PASSWORD } }, PAGE, short);
    expect(setCookie).toEqual([expect.stringMatching(/; Max-Age=3600$/)]);
    await short.app.close();
  });
});
