import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { MIGRATIONS_DIR } from '../../src/runtime/migrations.js';
import { MIGRATION } from '../../src/verification/cache/trigger-repair.js';
import { runBuiltCommand } from '../support/commands.js';
import { dropDatabase, newDatabase, runSql } from '../support/database.js';

const SECRET = Buffer.alloc(32, 'secret').toString('base64');
const EVERY_TRIGGER = 14;

let url: string;
beforeAll(async () => {
  url = await newDatabase();
});
afterAll(() => dropDatabase(url));

const check = (...args: string[]) => runBuiltCommand('cache', ['check', ...args], { DATABASE_URL: url, APP_SECRETS: SECRET });

/** Runs the SQL that the command prints, with the statements of the migration in the place of each comment. */
async function repair(): Promise<void> {
  const { repair: printed } = JSON.parse((await check('--json')).stdout) as { repair: string[] };
  const statements = printed.map((line) => {
    const [, first = '', last = ''] = /from CREATE (TABLE|FUNCTION) to (INSERT|REVOKE)\.$/.exec(line) ?? [];
    if (first === '') return line;
    return new RegExp(`^CREATE ${first} [^]*?^${last}[^]*?;$`, 'm').exec(readFileSync(MIGRATION, 'utf8'))?.[0] ?? '';
  });
  await runSql(url, statements.join('\n'));
}

describe('keyward cache check', () => {
  // Each case leaves the database repaired by what the command printed.
  afterEach(async () => {
    await repair();
    expect(await check()).toEqual({ code: 0, stdout: 'Every change of a key is reported to the verification cache.\n', stderr: '' });
  });

  test('prints one line and exits with 0 on a database that the migrations created', async () => {
    expect(await check('--json')).toEqual({ code: 0, stdout: '{"isComplete":true,"problems":[],"repair":[]}\n', stderr: '' });
  });

  test('prints what is wrong with each trigger, and SQL that repairs it, and exits with 1', async () => {
    await runSql(
      url,
      `ALTER TABLE api_keys DISABLE TRIGGER api_keys_verification_update;
       ALTER TABLE users ENABLE TRIGGER users_verification_delete;
       DROP TRIGGER users_verification_truncate ON users`,
    );
    const { code, stdout, stderr } = await check();
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toBe(`The trigger api_keys_verification_update on api_keys is disabled, or does not fire in every session.
The trigger users_verification_delete on users is disabled, or does not fire in every session.
The trigger users_verification_truncate on users is missing.

The servers do not use the verification cache: every verification reads its key from the database.
A restart does not repair this, because the migration was already applied. Run as the owner of the
database:

BEGIN;
ALTER TABLE api_keys ENABLE ALWAYS TRIGGER api_keys_verification_update;
ALTER TABLE users ENABLE ALWAYS TRIGGER users_verification_delete;
CREATE TRIGGER users_verification_truncate AFTER TRUNCATE ON users FOR EACH STATEMENT EXECUTE FUNCTION record_verification_change('owner_id');
ALTER TABLE users ENABLE ALWAYS TRIGGER users_verification_truncate;
COMMIT;

Then restart every replica, so that none keeps a key that was changed without being reported.
`);
  });

  test('finds a trigger with another definition', async () => {
    await runSql(
      url,
      `DROP TRIGGER api_keys_verification_delete ON api_keys;
       CREATE TRIGGER api_keys_verification_delete AFTER DELETE ON api_keys
         FOR EACH ROW EXECUTE FUNCTION record_verification_change('key_id')`,
    );
    const { code, stdout } = await check('--json');
    expect([code, JSON.parse(stdout)]).toMatchObject([
      1,
      {
        isComplete: false,
        problems: [{ kind: 'trigger', name: 'api_keys_verification_delete', table: 'api_keys', fault: 'different' }],
      },
    ]);
  });

  test('finds a function that runs with the rights of the caller', async () => {
    await runSql(url, 'ALTER FUNCTION record_verification_change() SECURITY INVOKER');
    const { code, stdout } = await check();
    expect(code).toBe(1);
    expect(stdout).toMatch(/^The function record_verification_change\(\) has another definition\.\n\n/);
  });

  test('finds all parts that a restore without them lacks', async () => {
    await runSql(url, 'DROP FUNCTION record_verification_change() CASCADE; DROP TABLE verification_changes');
    const { problems } = JSON.parse((await check('--json')).stdout) as { problems: { kind: string; fault: string }[] };
    expect(problems.map(({ kind, fault }) => `${kind} ${fault}`)).toEqual([
      'table missing',
      'function missing',
      ...Array(EVERY_TRIGGER).fill('trigger missing'),
    ]);
  });
});

test('the migration that keyward cache check names creates the table and the function', () => {
  const migration = readFileSync(path.resolve(MIGRATIONS_DIR, '../..', MIGRATION), 'utf8');
  expect(migration).toContain('CREATE TABLE "verification_changes"');
  expect(migration).toContain('CREATE FUNCTION "record_verification_change"');
});
