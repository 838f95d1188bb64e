import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import type { TestClock } from './test-clock.js';

export const ISSUER = 'https://id.example.com/';
export const AUDIENCE = 'https://keys.example.com';

/** A key pair of an issuer, and its public key in the published form. */
export interface IssuerKey {
  alg: string;
  kid: string;
  privateKey: CryptoKey;
  publicJwk: JWK;
}

export async function newKeyPair(alg: string, kid: string): Promise<IssuerKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, use: 'sig' } };
}

/** The endpoint at which an issuer publishes its keys: an HTTP server with a configurable response. */
export interface KeyServer {
  url: string;
  /** The keys that it publishes. */
  keys: JWK[];
  /** The response, if it differs from the keys. */
  answer: { status: number; headers?: Record<string, string>; body: string } | null;
  /** The number of requests that it received. */
  requests: number;
  close(): Promise<void>;
}

export async function startKeyServer(keys: JWK[]): Promise<KeyServer> {
  const http = createServer((_request, response) => {
    server.requests += 1;
    const { status, headers, body } = server.answer ?? { status: 200, headers: {}, body: JSON.stringify({ keys: server.keys }) };
    response.writeHead(status, { 'content-type': 'application/jwk-set+json', ...headers }).end(body);
  });
  const server: KeyServer = {
    url: '',
    keys,
    answer: null,
    requests: 0,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  server.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/jwks`;
  return server;
}

/** The claims of a valid token. Times are in seconds since 1970. */
export function claimsAt(clock: TestClock): Record<string, unknown> {
  const now = clock.now().getTime() / 1_000;
  return { iss: ISSUER, aud: AUDIENCE, sub: 'user-1', iat: now, exp: now + 300 };
}

/** Returns a token signed with the key. A header or claim of undefined is left out. */
export const signToken = ({ alg, kid, privateKey }: IssuerKey, claims: object, header: object = {}): Promise<string> =>
  // In the sent form, a claim of undefined does not exist.
  new SignJWT(JSON.parse(JSON.stringify(claims)))
    .setProtectedHeader(JSON.parse(JSON.stringify({ alg, kid, typ: 'at+jwt', ...header })))
    .sign(privateKey);
