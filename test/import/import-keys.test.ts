import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type CommandProcess, spawnCommand } from '../support/commands.js';
import { dropDatabase, newDatabase, runSql } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { lineOf, PASSLIB } from '../support/imports.js';
import { ask, postgresPid, type ServerProcess, startServer } from '../support/server-process.js';

const VERIFY = 'mutation ($key: String!) { verifyApiKey(input: { key: $key }) { code } }';
const COUNTS = `SELECT (SELECT count(*)::int FROM api_keys) AS keys, (SELECT count(*)::int FROM users) AS users,
  (SELECT count(*)::int FROM audit_events WHERE action = 'API_KEY_IMPORTED') AS events`;

const { key, hashedKey } = PASSLIB['2b'];
const seedLine = (index: number) =>
  JSON.stringify({ id: index, user_id: index, email: 'ada@example.com', key_prefix: key.slice(0, 13), hashed_key: hashedKey });
const manyLines = (count: number) => Array.from({ length: count }, (_, index) => `${lineOf(index)}\n`).join('');

let directory: string;
let commands: CommandProcess[];
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'keyward-import-'));
  commands = [];
});
afterEach(async () => {
  for (const command of commands) if (command.child.exitCode === null) command.child.kill('SIGKILL');
  await Promise.all(commands.map((command) => command.exited));
  await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
});

async function fileOf(content: string): Promise<string> {
  const file = path.join(directory, 'keys.jsonl');
  await writeFile(file, content);
  return file;
}

function spawn(args: string[], env: Record<string, string>, input?: string | null): CommandProcess {
  const command = spawnCommand('import', args, env, input);
  commands.push(command);
  return command;
}

async function run(args: string[], env: Record<string, string>, input?: string) {
  const command = spawn(args, env, input);
  const { code } = await command.exited;
  return { code, stdout: command.stdout(), stderr: command.stderr() };
}

const summary = (text: string) => expect.stringMatching(new RegExp(`^${text}; \\d+\\.\\d s\n$`));

describe('keyward import on an external database', () => {
  let env: { DATABASE_URL: string; APP_SECRETS: string };
  beforeEach(async () => {
    env = { DATABASE_URL: await newDatabase('empty'), APP_SECRETS: randomBytes(32).toString('base64') };
  });
  afterEach(() => dropDatabase(env.DATABASE_URL));

  const countsOf = async () => (await runSql<{ keys: number; users: number; events: number }>(env.DATABASE_URL, COUNTS))[0];

  /** Waits until some batches are written and others are not. */
  async function someWritten(): Promise<void> {
    const written = async () => expect((await countsOf())?.keys).toBeGreaterThan(0);
    await eventually(written, { withinMs: 30_000, unless: () => commands.some(({ child }) => child.exitCode !== null) });
  }

  test('migrates the database, imports, reports each invalid line by its number and continues; exits with 1, or with 0 if all lines are valid', async () => {
    const secret = 'kanarie7f3a';
    const bad = [`{"email":"${secret}`, lineOf(2, { hashedKey: `$2b$31$${secret}` }), lineOf(3, { [`${secret}9`]: secret, name: '' })];
    const file = await fileOf(`\ufeff${lineOf(0)}\r\n\n${bad.join('\n')}\n${seedLine(7)}`);
    expect(await run([file], env)).toEqual({
      code: 1,
      stdout: summary('5 lines: 2 imported, 0 already present, 3 invalid; 2 users created'),
      stderr: [
        'line 3: must be one JSON object',
        'line 4: hashedKey must be a bcrypt hash: $2a$, $2b$ or $2y$, two digits, $, and 53 characters',
        'line 5: a field with a hidden name is not a known field',
        '',
      ].join('\n'),
    });
    expect(await run(['-'], env, `${seedLine(7)}\n${lineOf(1)}`)).toEqual({
      code: 0,
      stdout: summary('2 lines: 1 imported, 1 already present, 0 invalid; 0 users created'),
      stderr: '',
    });
    expect(await countsOf()).toEqual({ keys: 3, users: 2, events: 3 });
  });

  test('K14: names an account created by sign-up in the dry run and the import, and gives it keys with --into-existing', async () => {
    await run(['-'], env, '');
    await runSql(env.DATABASE_URL, "INSERT INTO users (id, email, created_at) VALUES (gen_random_uuid(), 'ada@example.com', now())");
    const file = await fileOf(`${seedLine(7)}\n${lineOf(0)}`);
    const stderr = 'line 1: email belongs to an account that was created by sign-up. Use --into-existing to give it the key.\n';
    expect(await run([file, '--dry-run'], env)).toMatchObject({ code: 1, stderr });
    expect(await run([file], env)).toMatchObject({ code: 1, stderr });
    expect(await countsOf()).toEqual({ keys: 1, users: 2, events: 1 });
    expect(await run([file, '--into-existing'], env)).toEqual({
      code: 0,
      stdout: summary('2 lines: 1 imported, 1 already present, 0 invalid; 0 users created'),
      stderr: '',
    });
    expect(await countsOf()).toEqual({ keys: 2, users: 2, events: 2 });
  });

  test('imports what the SQL of docs/migrating.md exports', async () => {
    const [, sql = ''] = /```sql\n(.*?)```/s.exec(await readFile('docs/migrating.md', 'utf8')) ?? [];
    const seed = await newDatabase('empty');
    await runSql(seed, 'CREATE TABLE users (id serial PRIMARY KEY, email text)');
    await runSql(
      seed,
      'CREATE TABLE api_keys (id serial, key_prefix text, hashed_key text, created_at timestamp DEFAULT now(), user_id integer)',
    );
    const email = 'o\'hara"\\x@example.com';
    await runSql(seed, 'INSERT INTO users (email) VALUES ($1)', [email]);
    await runSql(seed, 'INSERT INTO api_keys (key_prefix, hashed_key, user_id) VALUES ($1, $2, 1)', [key.slice(0, 13), hashedKey]);
    const rows = await runSql<{ json_build_object: object }>(seed, sql);
    const [user] = await runSql<{ created_at: Date }>(seed, "SELECT created_at AT TIME ZONE 'UTC' AS created_at FROM api_keys");
    await dropDatabase(seed);
    const result = await run(['-'], env, rows.map((row) => JSON.stringify(row.json_build_object)).join('\n'));
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(await runSql(env.DATABASE_URL, 'SELECT email, k.created_at FROM api_keys k JOIN users u ON u.id = user_id')).toEqual([
      { email, created_at: new Date(Math.floor(user?.created_at.getTime() ?? 0)) },
    ]);
  });

  test('--dry-run reports the same result and writes nothing', async () => {
    const file = await fileOf(`${manyLines(1_200)}${lineOf(0)}\n{`);
    expect(await run([file, '--dry-run'], env)).toEqual({
      code: 1,
      stdout: summary(
        'Dry run, nothing was written. 1,202 lines: 1,200 would be imported, 1 already present, 1 invalid; 240 users would be created',
      ),
      stderr: 'line 1202: must be one JSON object\n',
    });
    expect(await countsOf()).toEqual({ keys: 0, users: 0, events: 0 });
  });

  test('--json prints one JSON document on stdout, and nothing else', async () => {
    const { code, stdout, stderr } = await run(['-', '--json'], env, `${lineOf(0)}\n${lineOf(0)}\n{`);
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'line 3: must be one JSON object\n' });
    expect(JSON.parse(stdout)).toEqual({
      dryRun: false,
      complete: true,
      lines: 3,
      imported: 1,
      alreadyPresent: 1,
      invalid: 1,
      usersCreated: 1,
      seconds: expect.any(Number),
    });
  });

  test.each(['SIGKILL', 'SIGINT'] as const)(
    'after %s during an import, another run imports the rest and duplicates nothing',
    async (signal) => {
      const file = await fileOf(manyLines(20_000));
      const first = spawn([file], env);
      await someWritten();
      process.kill(-(first.child.pid ?? 0), signal);
      expect(await first.exited).toEqual(signal === 'SIGKILL' ? { code: null, signal } : { code: 130, signal: null });
      const written = (await countsOf())?.keys ?? 0;
      expect(written).toBeGreaterThan(0);
      expect(written).toBeLessThan(20_000);
      if (signal === 'SIGINT') expect(first.stdout()).toMatch(/^Stopped early\. Run the command again to continue\. [\d,]+ lines: /);

      const again = await run([file], env);
      const count = (number: number) => number.toLocaleString('en-US');
      expect(again.stdout).toContain(`20,000 lines: ${count(20_000 - written)} imported, ${count(written)} already present, 0 invalid`);
      expect(again.code).toBe(0);
      expect(await countsOf()).toEqual({ keys: 20_000, users: 4_000, events: 20_000 });
    },
  );

  test('a lost database is reported in one line on stderr, exit code 1; another run continues the import', async () => {
    const file = await fileOf(manyLines(20_000));
    const first = spawn([file], env);
    await someWritten();
    // A connection lost between two batches is replaced without an error.
    const disconnect = () =>
      runSql(
        env.DATABASE_URL,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'keyward command'",
      );
    await eventually(
      async () => {
        await disconnect();
        expect(first.child.exitCode).not.toBeNull();
      },
      { withinMs: 30_000 },
    );
    expect(await first.exited).toEqual({ code: 1, signal: null });
    expect(first.stderr()).toBe('keyward: The database is unavailable or too slow. Changes in progress were not saved.\n');
    expect(first.stdout()).toMatch(/^Stopped early\. Run the command again to continue\. /);
    expect((await run([file], env)).code).toBe(0);
    expect(await countsOf()).toEqual({ keys: 20_000, users: 4_000, events: 20_000 });
  });

  test('ends while standard input remains open and silent', async () => {
    const command = spawn(['-'], env, null);
    command.child.stdin?.write(`${manyLines(500)}{"half`);
    await someWritten();
    command.child.kill('SIGTERM');
    expect(await command.exited).toEqual({ code: 143, signal: null });
    expect(command.stderr()).toBe('');
    expect(await countsOf()).toEqual({ keys: 500, users: 100, events: 500 });
  });

  test('an unreachable database and a missing file are each reported in one line on stderr, exit code 1', async () => {
    const missing = { ...env, DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' };
    expect(await run([await fileOf('')], missing)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^keyward: The database cannot be used: .*\n$/),
    });
    expect(await run([path.join(directory, 'none')], env)).toMatchObject({
      code: 1,
      stderr: 'keyward: The file cannot be read (ENOENT).\n',
    });
    expect(await run([directory], env)).toMatchObject({ code: 1, stderr: 'keyward: The file cannot be read (EISDIR).\n' });
  });

  test.each([[[]], [['a', 'b']], [['a', '--dryrun']], [['a', '--dry-run=x']]])(
    'points to its help when called with %j, exit code 2',
    async (args) => {
      const { code, stdout, stderr } = await run(args, env);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/^keyward: .* Run: keyward import --help\n$/);
    },
  );
});

describe('keyward import on the embedded database', () => {
  let env: { DATA_DIR: string };
  let server: ServerProcess | undefined;
  beforeEach(() => {
    env = { DATA_DIR: path.join(directory, 'data') };
    server = undefined;
  });
  afterEach(async () => {
    await server?.stop('SIGKILL');
    for (const command of commands) if (command.child.exitCode === null) command.child.kill('SIGKILL');
    const pid = await postgresPid(env.DATA_DIR);
    if (pid !== null) process.kill(pid, 'SIGKILL');
  });

  test('imports beside a running server, which verifies the key at once and continues', async () => {
    server = await startServer(env);
    const pid = await postgresPid(env.DATA_DIR);
    const result = await run(['-'], env, seedLine(1));
    expect(result).toEqual({ code: 0, stdout: summary('1 line: 1 imported, 0 already present, 0 invalid; 1 user created'), stderr: '' });
    expect(await ask(server, VERIFY, { key })).toEqual({ verifyApiKey: { code: 'VALID' } });
    expect(await postgresPid(env.DATA_DIR)).toBe(pid);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(await postgresPid(env.DATA_DIR)).toBeNull();
  });

  test('starts and stops the database when no server runs, and a later server finds the key', async () => {
    expect((await run(['-'], env, seedLine(1))).code).toBe(0);
    expect(await postgresPid(env.DATA_DIR)).toBeNull();
    server = await startServer(env);
    expect(await ask(server, VERIFY, { key })).toEqual({ verifyApiKey: { code: 'VALID' } });
  });

  test('Ctrl-C stops the database, and the next run continues', async () => {
    const file = await fileOf(manyLines(20_000));
    const first = spawn([file], env);
    await eventually(async () => expect(await postgresPid(env.DATA_DIR)).not.toBeNull(), { withinMs: 30_000 });
    // Repeated for long enough to reach the programs that stop the database. They end too quickly to be observed.
    for (let count = 0; count < 30 && first.child.exitCode === null; count += 1) {
      process.kill(-(first.child.pid ?? 0), 'SIGINT');
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(await first.exited).toEqual({ code: 130, signal: null });
    expect(await postgresPid(env.DATA_DIR)).toBeNull();
    expect(first.stderr()).toBe('');
    const again = await run([file], env);
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(await postgresPid(env.DATA_DIR)).toBeNull();
  });

  test('a server that stops during the import stops its database: one line on stderr, exit code 1', async () => {
    server = await startServer(env);
    const command = spawn(['-'], env, null);
    command.child.stdin?.write(manyLines(1_000));
    await eventually(async () => expect((await run(['-', '--dry-run'], env, lineOf(0))).stdout).toContain('1 already present'), {
      withinMs: 60_000,
    });
    await server.stop();
    command.child.stdin?.end(manyLines(20_000));
    expect(await command.exited).toEqual({ code: 1, signal: null });
    expect(command.stderr().trim().split('\n')).toEqual([expect.stringMatching(/^keyward: The database is unavailable/)]);
  });
});
