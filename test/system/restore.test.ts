import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { createLogger } from '../../src/platform/logger.js';
import { migrate } from '../../src/runtime/migrations.js';
import { readTriggerState } from '../../src/verification/cache/triggers.queries.js';
import { runBuiltCommand } from '../support/commands.js';
import { runSql } from '../support/database.js';
import { startDebianPostgres } from '../support/debian-postgres.js';

let database: Awaited<ReturnType<typeof startDebianPostgres>>;
let directory: string;
let dump: string;
beforeAll(async () => {
  database = await startDebianPostgres();
  await migrate(database.url, createLogger('silent'));
  await runSql(database.url, "INSERT INTO users (id, email, created_at) VALUES (gen_random_uuid(), 'ada@example.com', now())");
  directory = mkdtempSync(path.join(tmpdir(), 'keyward-restore-'));
  dump = path.join(directory, 'keyward.dump');
  run('pg_dump', '--format=custom', `--file=${dump}`, database.url);
});
afterAll(() => {
  database?.stop();
  rmSync(directory, { recursive: true, force: true });
});

function run(program: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} failed with ${status}: ${stderr}`);
}

const check = () =>
  runBuiltCommand('cache', ['check'], { DATABASE_URL: database.url, APP_SECRETS: Buffer.alloc(32, 'secret').toString('base64') });

async function identity(): Promise<string> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return (await readTriggerState(client)).identity;
  } finally {
    await client.end();
  }
}

describe('a database that pg_restore restored', () => {
  test('as in docs/operations.md reports every change, and has another identity', async () => {
    const before = await identity();
    run('pg_restore', '--clean', '--if-exists', '--no-owner', `--dbname=${database.url}`, dump);
    expect(await check()).toMatchObject({ code: 0 });
    expect(await identity()).not.toBe(before);
  });

  test('with --data-only --disable-triggers has weaker triggers, which keyward cache check finds and repairs', async () => {
    await runSql(database.url, 'TRUNCATE users CASCADE; DELETE FROM verification_changes; DELETE FROM settings');
    run(
      'pg_restore',
      '--data-only',
      '--disable-triggers',
      '--table=users',
      '--table=verification_changes',
      `--dbname=${database.url}`,
      dump,
    );
    const { code, stdout } = await check();
    expect(code).toBe(1);
    expect(stdout.match(/^The trigger \w+ on users is disabled, or does not fire in every session\.$/gm)).toHaveLength(3);
    await runSql(database.url, /^BEGIN;$[\s\S]*^COMMIT;$/m.exec(stdout)?.[0] ?? '');
    expect(await check()).toMatchObject({ code: 0 });
  });
});
