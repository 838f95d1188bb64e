import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dropDatabase, newDatabase } from '../support/database.js';
import { ask, type ServerProcess, startServer } from '../support/server-process.js';
import { PASSWORD } from '../support/test-app.js';

// Follows the steps of docs/operations.md.

let home: string;
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'keyward-operations-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

interface Tokens {
  accessToken: string;
  refreshToken: string;
}

const input = { email: 'ada@example.com', password: PASSWORD };
const signUp = async (server: ServerProcess): Promise<Tokens> => {
  const query = 'mutation ($input: SignUpInput!) { signUp(input: $input) { accessToken refreshToken } }';
  return (await ask<{ signUp: Tokens }>(server, query, { input })).signUp;
};
const createKey = async (server: ServerProcess, token: string): Promise<string> => {
  const query = 'mutation { createApiKey { plaintextKey } }';
  return (await ask<{ createApiKey: { plaintextKey: string } }>(server, query, {}, token)).createApiKey.plaintextKey;
};
const verify = async (server: ServerProcess, key: string) =>
  (await fetch(`${server.url}/verify`, { headers: { 'x-api-key': key } })).status;
const refresh = (server: ServerProcess, refreshToken: string): Promise<{ refreshSession: Tokens }> =>
  ask(server, 'mutation ($refreshToken: String!) { refreshSession(refreshToken: $refreshToken) { accessToken refreshToken } }', {
    refreshToken,
  });

describe('the embedded set-up', () => {
  test('is restored with keys, sessions and passwords from a copy of DATA_DIR that was taken while the server was stopped', async () => {
    const DATA_DIR = path.join(home, 'data');
    const before = await startServer({ DATA_DIR });
    const tokens = await signUp(before);
    const key = await createKey(before, tokens.accessToken);
    await before.stop();
    const copy = path.join(home, 'restored');
    // With owners and times, as a backup must be.
    expect(spawnSync('cp', ['-a', DATA_DIR, copy]).status).toBe(0);
    await rm(DATA_DIR, { recursive: true });
    const after = await startServer({ DATA_DIR: copy });
    expect(await verify(after, key)).toBe(200);
    expect(await ask(after, '{ me { email } }', {}, tokens.accessToken)).toEqual({ me: { email: input.email } });
    expect((await refresh(after, tokens.refreshToken)).refreshSession.accessToken).toEqual(expect.any(String));
    await after.stop();
  });
});

describe('the server secrets', () => {
  test('J5: adding a new secret in front ends no session; removing the old one rejects what it signed; keys are not affected', async () => {
    const DATABASE_URL = await newDatabase();
    const [old, fresh] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')] as const;
    const first = await startServer({ DATABASE_URL, APP_SECRETS: old });
    const tokens = await signUp(first);
    const key = await createKey(first, tokens.accessToken);
    await first.stop();

    const second = await startServer({ DATABASE_URL, APP_SECRETS: `${fresh},${old}` });
    expect(await ask(second, '{ me { email } }', {}, tokens.accessToken)).toEqual({ me: { email: input.email } });
    const { refreshSession } = await refresh(second, tokens.refreshToken);
    await second.stop();

    const third = await startServer({ DATABASE_URL, APP_SECRETS: fresh });
    expect(await ask(third, '{ me { email } }', {}, refreshSession.accessToken)).toEqual({ me: { email: input.email } });
    await expect(ask(third, '{ me { email } }', {}, tokens.accessToken)).rejects.toThrow('UNAUTHENTICATED');
    await expect(refresh(third, tokens.refreshToken)).rejects.toThrow('UNAUTHENTICATED');
    expect(await verify(third, key)).toBe(200);
    await third.stop();
    await dropDatabase(DATABASE_URL);
  });
});
