import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { runBuiltCommand } from '../support/commands.js';
import { dropDatabase, newDatabase, runSql } from '../support/database.js';
import { ask, type ServerProcess, spawnServer, startServer } from '../support/server-process.js';
import { type IssuerKey, newKeyPair, signToken } from '../support/token-issuer.js';

const [A, B] = ['https://a.example.com/', 'https://b.example.com/'];
const ME = '{ me { id externalId issuer } }';
type Me = { me: { id: string; externalId: string; issuer: string } };

let key: IssuerKey;
beforeAll(async () => {
  key = await newKeyPair('ES256', 'key');
});

let folder: string;
let servers: ServerProcess[];
beforeEach(async () => {
  servers = [];
  folder = await mkdtemp(path.join(tmpdir(), 'keyward-external-ids-'));
  await writeFile(path.join(folder, 'jwks.json'), JSON.stringify({ keys: [key.publicJwk] }));
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
});

const providerOf = (issuer: string) => ({
  AUTH_ISSUER: issuer,
  AUTH_AUDIENCE: 'keys',
  AUTH_JWKS_URL: pathToFileURL(path.join(folder, 'jwks.json')).href,
});
const tokenOf = (issuer: string, sub = 'user_1') => {
  const now = Math.floor(Date.now() / 1_000);
  return signToken(key, { iss: issuer, aud: 'keys', sub, iat: now, exp: now + 300 });
};
const start = async (env: Record<string, string>) => {
  const server = await startServer(env);
  servers.push(server);
  return server;
};
/** Starts a server that must fail to start. */
const failure = async (env: Record<string, string>) => {
  const server = spawnServer(env);
  servers.push(server);
  return { ...(await server.exited), stderr: server.stderr() };
};
const another = (recorded: string, issuer: string, quoted = recorded) => ({
  code: 1,
  signal: null,
  stderr: `keyward: AUTH_ISSUER is ${issuer}, but the external ids in this database belong to ${recorded}. If they mean the same people, run: keyward users change-issuer ${quoted} ${issuer}\n`,
});

describe.each(['external', 'embedded'] as const)('the issuer of the external ids, on an %s database', (kind) => {
  let env: Record<string, string>;
  beforeEach(async () => {
    env =
      kind === 'embedded'
        ? { DATA_DIR: path.join(folder, 'data') }
        : { DATABASE_URL: await newDatabase(), APP_SECRETS: randomBytes(32).toString('base64') };
  });
  afterEach(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    if (env.DATABASE_URL !== undefined) await dropDatabase(env.DATABASE_URL);
  });

  test('is recorded at the first start with an issuer; a start with another issuer exits with 1 until the operator confirms that the ids identify the same people', async () => {
    const first = await start({ ...env, ...providerOf(A) });
    const { me } = await ask<Me>(first, ME, {}, await tokenOf(A));
    expect(me).toMatchObject({ externalId: 'user_1', issuer: A });
    await first.stop();

    expect(await failure({ ...env, ...providerOf(B) })).toEqual(another(A, B));
    expect(await runBuiltCommand('users', ['change-issuer', A, B, '--json'], env)).toEqual({
      code: 0,
      stdout: `{"externalIdIssuer":"${B}","users":1}\n`,
      stderr: '',
    });
    const second = await start({ ...env, ...providerOf(B) });
    expect((await ask<Me>(second, ME, {}, await tokenOf(B))).me).toEqual({ ...me, issuer: B });
  });
});

describe('the issuer on an external database', () => {
  let env: { DATABASE_URL: string; APP_SECRETS: string };
  beforeEach(async () => {
    env = { DATABASE_URL: await newDatabase('empty'), APP_SECRETS: randomBytes(32).toString('base64') };
  });
  afterEach(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await dropDatabase(env.DATABASE_URL);
  });

  test('change-issuer changes nothing unless the old issuer matches the record; neither does a start without an issuer', async () => {
    await (await start({ ...env, ...providerOf(A) })).stop();
    expect(await runBuiltCommand('users', ['change-issuer', B, A], env)).toEqual({
      code: 1,
      stdout: '',
      stderr: `keyward: The external ids in this database belong to ${A}, not to ${B}.\n`,
    });
    await (await start(env)).stop();
    await (await start({ ...env, ...providerOf(B), AUTH_MODE: 'local' })).stop();
    // The issuer stays recorded also while no user has an external id, because another replica may serve with it.
    expect(await failure({ ...env, ...providerOf(B) })).toEqual(another(A, B));
  });

  test('F10: of two processes that start at once with different issuers, one serves and the other exits with 1; with one issuer both serve', async () => {
    const starting = [A, B].map((issuer) => startServer({ ...env, ...providerOf(issuer) }).catch((error: Error) => error.message));
    const results = await Promise.all(starting);
    const [served] = results.filter((result) => typeof result !== 'string');
    const [message] = results.filter((result) => typeof result === 'string');
    if (!served || typeof served === 'string') throw new Error(`neither serves: ${message}`);
    servers.push(served);
    const [recorded, other] = results[0] === served ? [A, B] : [B, A];
    expect(message).toBe(`the server ended: ${another(recorded, other).stderr}`);
    await start({ ...env, ...providerOf(recorded) });
  });

  test('external ids that the product set prevent a start with an issuer until the operator confirms that they identify the same people', async () => {
    await (await start(env)).stop();
    await runSql(env.DATABASE_URL, "INSERT INTO users (id, external_id, created_at) VALUES (gen_random_uuid(), 'user_1', now())");
    expect(await failure({ ...env, ...providerOf(A) })).toEqual(another('product', A));
    expect(await runBuiltCommand('users', ['change-issuer', 'product', A], env)).toMatchObject({ code: 0, stderr: '' });
    const server = await start({ ...env, ...providerOf(A) });
    expect((await ask<Me>(server, ME, {}, await tokenOf(A))).me).toMatchObject({ externalId: 'user_1', issuer: A });
    expect(await runSql(env.DATABASE_URL, 'SELECT FROM users')).toHaveLength(1);
  });

  test('the command in the error message quotes values that are not plain words', async () => {
    await (await start(env)).stop();
    await runSql(env.DATABASE_URL, 'UPDATE settings SET value = $1', [`${A} it's`]);
    expect(await failure({ ...env, ...providerOf(B) })).toEqual(another(`${A} it's`, B, `'${A} it'\\''s'`));
  });

  test('AUTH_JWKS_ALLOW_HTTP logs a warning at the start for plain http to another machine, and none for loopback', async () => {
    const warned = async (AUTH_JWKS_URL: string) => {
      const server = await start({ ...env, ...providerOf(A), AUTH_JWKS_URL, AUTH_JWKS_ALLOW_HTTP: 'true' });
      return server.stdout().includes('AUTH_JWKS_URL uses unencrypted http');
    };
    expect([await warned('http://jwks.invalid/'), await warned('http://127.0.0.1:9/')]).toEqual([true, false]);
  });
});
