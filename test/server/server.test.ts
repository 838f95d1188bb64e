import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ServerDocument, type ServerQuery } from '../generated/graphql.js';
import { startTestApp } from '../support/test-app.js';
import { AUDIENCE, ISSUER } from '../support/token-issuer.js';

const PROVIDER = { AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE, AUTH_JWKS_URL: 'https://id.example.com/jwks' };

/** Returns what a server with these settings reports to a caller without a credential. */
async function serverWith(env: Record<string, string>): Promise<ServerQuery['server']> {
  const app = await startTestApp({ env });
  try {
    return (await app.ask(ServerDocument, {})).server;
  } finally {
    await app.close();
  }
}

describe('server', () => {
  test('reports the version and the defaults without a credential', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(await serverWith({})).toEqual({
      productName: 'Keyward',
      version,
      keyNamespace: 'amos',
      accounts: 'LOCAL',
      signUpIsOpen: true,
      identityProvider: null,
      example: null,
    });
  });

  test('reports the configured product name, namespace and example', async () => {
    const env = { CONSOLE_PRODUCT_NAME: 'Acme Ünïted', KEY_NAMESPACE: 'acme', CONSOLE_EXAMPLE_URL: 'https://api.example.com/v1/ping' };
    const header = 'Authorization: Bearer';
    expect(await serverWith(env)).toMatchObject({
      productName: 'Acme Ünïted',
      keyNamespace: 'acme',
      example: { url: 'https://api.example.com/v1/ping', header },
    });
    expect(await serverWith({ ...env, CONSOLE_EXAMPLE_HEADER: 'X-API-Key' })).toMatchObject({ example: { header: 'X-API-Key' } });
    expect(await serverWith({ CONSOLE_EXAMPLE_HEADER: 'X-API-Key' })).toMatchObject({ example: null });
  });

  test.each<[string, Record<string, string>, object]>([
    ['only accounts with a password', { AUTH_MODE: 'local' }, { accounts: 'LOCAL', signUpIsOpen: true }],
    ['closed sign-up', { SIGN_UP: 'closed' }, { accounts: 'LOCAL', signUpIsOpen: false }],
    ['both kinds of accounts', PROVIDER, { accounts: 'BOTH', signUpIsOpen: true }],
    ['only accounts of an identity provider', { ...PROVIDER, AUTH_MODE: 'external' }, { accounts: 'EXTERNAL', signUpIsOpen: false }],
  ])('reports where accounts are kept, with %s', async (_case, env, expected) => {
    expect(await serverWith(env)).toMatchObject({ ...expected, identityProvider: null });
  });

  test('reports the identity provider if the console can sign in there', async () => {
    expect(await serverWith({ ...PROVIDER, AUTH_CONSOLE_CLIENT_ID: 'console' })).toMatchObject({
      identityProvider: { issuer: ISSUER, clientId: 'console', scope: 'openid email' },
    });
  });
});
