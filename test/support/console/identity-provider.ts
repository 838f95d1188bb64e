import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { exportJWK, generateKeyPair } from 'jose';

export const AUDIENCE = 'https://keys.example.com';

export interface IdentityProvider {
  issuer: string;
  jwksUrl: string;
  close(): void;
}

/** Starts an OpenID provider with one public client: the console of a server. Its pages accept any name and password. */
export async function startIdentityProvider(consoleOrigin: string): Promise<IdentityProvider> {
  // The package warns at length about Node 20 and about its configuration.
  for (const method of ['info', 'warn'] as const) jest.spyOn(console, method).mockImplementation(() => undefined);
  const { Provider, interactionPolicy } = await import('oidc-provider');
  // The client is native, because only such a client can be at http://127.0.0.1. It signs in silently, as a client with HTTPS does.
  const policy = interactionPolicy.base();
  policy.get('consent').checks.remove('native_client_prompt');
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const http = createServer();
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const accountOf = (id: string) => ({ accountId: id, claims: () => ({ sub: id, email: `${id}@example.com`, email_verified: true }) });
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'console',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        id_token_signed_response_alg: 'ES256',
        redirect_uris: [`${consoleOrigin}/console/callback`],
        post_logout_redirect_uris: [`${consoleOrigin}/console/sign-in`],
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: 'signing' }] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    clientBasedCORS: () => true,
    findAccount: async (_context: unknown, id: string) => accountOf(id),
    extraTokenClaims: async (_context: unknown, token: { accountId: string }) => ({
      email: `${token.accountId}@example.com`,
      email_verified: true,
    }),
    interactions: { policy },
    features: {
      devInteractions: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: async () => AUDIENCE,
        useGrantedResource: async () => true,
        getResourceServerInfo: async () => ({
          scope: 'keys',
          audience: AUDIENCE,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  });
  http.on('request', provider.callback());
  return {
    issuer,
    jwksUrl: `${issuer}/jwks`,
    close: () => {
      jest.restoreAllMocks();
      http.close();
      http.closeAllConnections();
    },
  };
}
