import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { dropDatabase, newDatabase, runSql, urlOf } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { ask, spawnServer, startServer } from '../support/server-process.js';
import { PASSWORD } from '../support/test-app.js';

const APP_SECRETS = randomBytes(32).toString('base64');
const SIGN_UP = 'mutation ($input: SignUpInput!) { signUp(input: $input) { accessToken } }';

describe('the server on an external database', () => {
  test('F10: starts in two processes at once on an empty database, in production, and both accept each other’s tokens', async () => {
    const DATABASE_URL = await newDatabase('empty');
    const env = { DATABASE_URL, APP_SECRETS, NODE_ENV: 'production' };
    const [one, other] = await Promise.all([startServer(env), startServer(env)]);
    const { signUp } = await ask<{ signUp: { accessToken: string } }>(one, SIGN_UP, {
      input: { email: 'a@example.com', password: PASSWORD },
    });
    expect(await ask(other, '{ me { email } }', {}, signUp.accessToken)).toEqual({ me: { email: 'a@example.com' } });
    const folders = readdirSync('prisma/migrations', { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const applied = await runSql(DATABASE_URL, 'SELECT migration_name FROM _prisma_migrations ORDER BY 1');
    expect(applied).toEqual(
      folders
        .map(({ name }) => name)
        .sort()
        .map((name) => ({ migration_name: name })),
    );
    expect(await Promise.all([one.stop(), other.stop()])).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ]);
    await dropDatabase(DATABASE_URL);
  });

  test('ends at a signal while it waits for the migrations of another process', async () => {
    const DATABASE_URL = await newDatabase();
    const holder = new pg.Client({ connectionString: DATABASE_URL });
    await holder.connect();
    await holder.query('SELECT pg_advisory_lock(72707369)');
    const server = spawnServer({ DATABASE_URL, APP_SECRETS });
    // The process asks for the lock again and again, so that its wait blocks no index build.
    const waiting = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'keyward migrations' AND query LIKE '%pg_try_advisory_lock%'";
    await eventually(async () => expect((await holder.query(waiting)).rowCount).toBe(1), { withinMs: 30_000 });
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    await holder.end();
    await dropDatabase(DATABASE_URL);
  });

  test.each([
    ['J4: no APP_SECRETS', { DATABASE_URL: urlOf('x') }, [/^keyward: APP_SECRETS is required with DATABASE_URL/]],
    [
      'a database that isn’t there',
      { DATABASE_URL: urlOf('nothing_here'), APP_SECRETS },
      [/^keyward: The database cannot be used: .*does not exist/],
    ],
    [
      'a port on which no server listens',
      { DATABASE_URL: 'postgresql://u:hunter2@127.0.0.1:9/x', APP_SECRETS },
      [/^keyward: The database cannot be used: .*ECONNREFUSED/],
    ],
    [
      'a wrong password',
      { DATABASE_URL: Object.assign(new URL(urlOf('x')), { password: 'hunter2' }).href, APP_SECRETS },
      [/^keyward: The database cannot be used: password authentication failed/],
    ],
    ['several errors', { PORT: 'x', BCRYPT_COST: '99' }, [/^keyward: PORT must/, /^keyward: BCRYPT_COST must/]],
  ])('F9: exits with code 1 and one line on stderr for each error, and repeats no value: %s', async (_case, env, lines) => {
    const server = spawnServer(env as Record<string, string>);
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.stderr().trim().split('\n')).toEqual(lines.map((line) => expect.stringMatching(line)));
    expect(server.stderr()).not.toContain('hunter2');
  });
});
