import { createHash, randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { exportJWK, generateKeyPair } from 'jose';
import { CreateApiKeyDocument, MeDocument } from '../../generated/graphql.js';
import { DOORS } from '../../support/doors.js';
import { startTestApp, type TestApp } from '../../support/test-app.js';
import { TestClock } from '../../support/test-clock.js';

const AUDIENCE = 'https://keys.example.com';
const REDIRECT_URI = 'http://127.0.0.1/callback';
const ACCOUNT = { accountId: 'ann', claims: () => ({ sub: 'ann', email: 'ann@example.com', email_verified: true }) };

/** Returns the provider's configuration: one public client with PKCE, and one API with JWTs as access tokens. */
const configuration = async (alg: string) => {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return {
    clients: [
      {
        client_id: 'front-end',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        id_token_signed_response_alg: alg,
        redirect_uris: [REDIRECT_URI],
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg, use: 'sig', kid: 'signing' }] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    findAccount: async () => ACCOUNT,
    extraTokenClaims: async () => ({ email: 'ann@example.com', email_verified: true }),
    features: {
      // The provider's own pages for signing in and consenting accept any name and password.
      devInteractions: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: async () => ({ scope: 'keys', audience: AUDIENCE, accessTokenFormat: 'jwt', jwt: { sign: { alg } } }),
      },
    },
  };
};

async function startProvider(alg: string): Promise<{ issuer: string; http: Server }> {
  // Imported here because the package warns about Node 20 when it is loaded, and the console is silenced at this point.
  const { Provider } = await import('oidc-provider');
  const http = createServer();
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  http.on('request', new Provider(issuer, await configuration(alg)).callback());
  return { issuer, http };
}

/** The part of a browser that signing in needs: cookies, redirects and forms. */
class Browser {
  readonly #cookies = new Map<string, string>();

  /** @returns the page after all redirects, or the redirect URI of the client */
  async open(url: string, form?: URLSearchParams): Promise<{ url: string; html: string }> {
    if (url.startsWith(REDIRECT_URI)) return { url, html: '' };
    const response = await fetch(url, {
      method: form ? 'POST' : 'GET',
      ...(form && { body: form }),
      headers: { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      redirect: 'manual',
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (name) this.#cookies.set(name, value ?? '');
    }
    const location = response.headers.get('location');
    if (location) return this.open(new URL(location, url).href);
    return { url, html: await response.text() };
  }

  /** Fills in and submits the only form of a page. */
  submit({ url, html }: { url: string; html: string }, filled: Record<string, string>): Promise<{ url: string; html: string }> {
    const action = /<form[^>]* action="([^"]+)"/.exec(html)?.[1];
    const prompt = /name="prompt" value="([^"]+)"/.exec(html)?.[1];
    if (!action || !prompt) throw new Error(`no form: ${html}`);
    return this.open(new URL(action, url).href, new URLSearchParams({ prompt, ...filled }));
  }
}

interface Discovery {
  issuer: string;
  jwks_uri: string;
  authorization_endpoint: string;
  token_endpoint: string;
}

/** Signs in as a front end does, by the authorization-code flow with PKCE (RFC 9700 §2.1.1). */
async function signInAt(provider: Discovery): Promise<{ access_token: string; id_token: string }> {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(8).toString('hex');
  const request = new URLSearchParams({
    client_id: 'front-end',
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    scope: 'openid email keys',
    resource: AUDIENCE,
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const browser = new Browser();
  const signInPage = await browser.open(`${provider.authorization_endpoint}?${request}`);
  const consentPage = await browser.submit(signInPage, { login: 'ann', password: 'any' });
  const { url } = await browser.submit(consentPage, {});
  const { searchParams } = new URL(url);
  expect(searchParams.get('state')).toBe(state);

  const response = await fetch(provider.token_endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: 'front-end',
      redirect_uri: REDIRECT_URI,
      resource: AUDIENCE,
      code: searchParams.get('code') ?? '',
      code_verifier: verifier,
    }),
  });
  return (await response.json()) as { access_token: string; id_token: string };
}

describe.each(['RS256', 'PS256', 'ES256', 'EdDSA'])('an OpenID provider that signs with %s', (alg) => {
  let http: Server;
  let discovery: Discovery;
  let app: TestApp;
  let tokens: { access_token: string; id_token: string };

  beforeAll(async () => {
    // The provider warns at length that this configuration is not for production.
    for (const method of ['info', 'warn'] as const) jest.spyOn(console, method).mockImplementation(() => undefined);
    const provider = await startProvider(alg);
    http = provider.http;
    discovery = (await (await fetch(`${provider.issuer}/.well-known/openid-configuration`)).json()) as Discovery;
    tokens = await signInAt(discovery);
    app = await startTestApp({
      env: { AUTH_MODE: 'external', AUTH_ISSUER: discovery.issuer, AUTH_AUDIENCE: AUDIENCE, AUTH_JWKS_URL: discovery.jwks_uri },
      clock: new TestClock(new Date().toISOString()),
    });
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await app.close();
    http.close();
    http.closeAllConnections();
  });

  test('issues, after a complete sign-in with PKCE, an access token that authenticates a user, who can create a valid key', async () => {
    const { me } = await app.ask(MeDocument, {}, tokens.access_token);
    expect(me.email).toBe('ann@example.com');
    const { createApiKey } = await app.ask(CreateApiKeyDocument, {}, tokens.access_token);
    for (const ask of Object.values(DOORS)) {
      expect(await ask(app, { key: createApiKey.plaintextKey })).toEqual({ code: 'VALID', keyId: createApiKey.apiKey.id });
    }
  });

  test('issues an ID token that is rejected as an access token', async () => {
    expect((await app.send(MeDocument, {}, { token: tokens.id_token })).status).toBe(401);
  });

  test('issues a token of the same user at the next sign-in', async () => {
    const { me } = await app.ask(MeDocument, {}, tokens.access_token);
    const { access_token: next } = await signInAt(discovery);
    expect(next).not.toBe(tokens.access_token);
    expect((await app.ask(MeDocument, {}, next)).me).toEqual(me);
  });
});
