import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import type { TestClock } from './test-clock.js';

export const ISSUER = 'https://id.example.com/';
export const AUDIENCE = 'https://keys.example.com';

/** A key pair of an issuer, and how its public half is told. */
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

/** The place where an issuer publishes its keys: an HTTP server whose answer can be set. */
export interface KeyServer {
  url: string;
  /** What it publishes. */
  keys: JWK[];
  /** What it answers with, where that isn't its keys. */
  answer: { status: number; headers?: Record<string, string>; body: string } | null;
  /** How often it was asked. */
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

/** What a good token says, in seconds since 1970. */
export function claimsAt(clock: TestClock): Record<string, unknown> {
  const now = clock.now().getTime() / 1_000;
  return { iss: ISSUER, aud: AUDIENCE, sub: 'user-1', iat: now, exp: now + 300 };
}

/** @returns a token signed with the key; undefined takes a header or claim away */
export const signToken = ({ alg, kid, privateKey }: IssuerKey, claims: object, header: object = {}): Promise<string> =>
  // As it is sent: a claim that is undefined isn't there.
  new SignJWT(JSON.parse(JSON.stringify(claims)))
    .setProtectedHeader(JSON.parse(JSON.stringify({ alg, kid, typ: 'at+jwt', ...header })))
    .sign(privateKey);
