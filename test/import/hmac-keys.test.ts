import { createHmac, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { runBuiltCommand } from '../support/commands.js';
import { newDatabase, runSql } from '../support/database.js';
import { DOORS } from '../support/doors.js';
import { eventually } from '../support/eventually.js';
import { importByCommand } from '../support/imports.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const SECRET = 'canary-secret-of-the-former-system';
const ARGS = ['--algorithm', 'hmac-sha256'];
const ENV = { IMPORT_HMAC_SECRET: SECRET };

let database: { databaseUrl: string; appSecret: Buffer };
let directory: string;
let apps: TestApp[];
beforeEach(async () => {
  database = { databaseUrl: await newDatabase(), appSecret: randomBytes(32) };
  directory = await mkdtemp(path.join(tmpdir(), 'keyward-hmac-'));
  apps = [];
});
afterEach(async () => {
  await Promise.all(apps.map((app) => app.close()));
  await rm(directory, { recursive: true });
});

async function startApp(appSecrets: Buffer[] = [database.appSecret]): Promise<TestApp> {
  const app = await startTestApp({ databaseUrl: database.databaseUrl, appSecrets });
  apps.push(app);
  return app;
}

const newText = () => `hm_${randomBytes(16).toString('hex')}`;
const rowOf = (key: string, secret: string | Buffer = SECRET) => ({
  email: 'ada@example.com',
  hash: createHmac('sha256', secret).update(key).digest('hex'),
  displayPrefix: key.slice(0, 6),
});
const codes = (app: TestApp, key: string) => Promise.all(Object.values(DOORS).map(async (verify) => (await verify(app, { key })).code));
const forms = () => runSql<{ sealed_secret: string | null }>(database.databaseUrl, 'SELECT sealed_secret FROM import_forms ORDER BY id');

describe('a key that was imported by HMAC-SHA-256', () => {
  test('is valid at both endpoints, with a secret from the environment or from a file', async () => {
    const app = await startApp();
    const [one, other] = [newText(), newText()];
    expect(await importByCommand(database, [rowOf(one)], ARGS, ENV)).toMatchObject({ code: 0, stderr: '' });
    const file = path.join(directory, 'secret');
    await writeFile(file, `${SECRET}\n`);
    expect(await importByCommand(database, [rowOf(other)], [...ARGS, '--hmac-secret-file', file])).toMatchObject({ code: 0 });
    expect(await forms()).toHaveLength(1);
    for (const key of [one, other]) {
      expect(await codes(app, `${key}0`)).toEqual(['NOT_FOUND', 'NOT_FOUND']);
      for (const _use of ['first', 'later']) expect(await codes(app, key)).toEqual(['VALID', 'VALID']);
    }
  });

  test('K2: has a secret that is stored encrypted until the first use of each key of the form, and is then erased', async () => {
    const app = await startApp();
    const keys = [newText(), newText()];
    await importByCommand(
      database,
      keys.map((key) => rowOf(key)),
      ARGS,
      ENV,
    );
    const tables = await runSql<{ name: string }>(
      database.databaseUrl,
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
    );
    for (const { name } of tables) {
      const text = JSON.stringify(await runSql(database.databaseUrl, `SELECT t::text FROM "${name}" t`));
      for (const form of [SECRET, Buffer.from(SECRET).toString('hex'), Buffer.from(SECRET).toString('base64')])
        expect(text).not.toContain(form);
    }
    expect(await codes(app, keys[0] ?? '')).toEqual(['VALID', 'VALID']);
    expect((await forms())[0]?.sealed_secret).toEqual(expect.any(String));
    expect(await codes(app, keys[1] ?? '')).toEqual(['VALID', 'VALID']);
    await eventually(async () => expect(await forms()).toEqual([{ sealed_secret: null }]), { withinMs: 10_000 });
    for (const key of keys) expect(await codes(app, key)).toEqual(['VALID', 'VALID']);
    expect(app.logs()).not.toContain(SECRET);
    // A later import of the same form stores the secret again.
    const later = newText();
    await importByCommand(database, [rowOf(later)], ARGS, ENV);
    expect(await codes(app, later)).toEqual(['VALID', 'VALID']);
  });

  test('J5: is valid after the server secret was rotated, and after its secret was encrypted again without the old one', async () => {
    const keys = [newText(), newText(), newText()];
    await importByCommand(
      database,
      keys.map((key) => rowOf(key)),
      ARGS,
      ENV,
    );
    const newSecret = randomBytes(32);
    const rotated = await startApp([newSecret, database.appSecret]);
    expect(await codes(rotated, keys[0] ?? '')).toEqual(['VALID', 'VALID']);

    const lost = await startApp([newSecret]);
    expect(await codes(lost, keys[1] ?? '')).toEqual(['NOT_FOUND', 'NOT_FOUND']);
    expect(lost.logs()).toContain('secrets of imported keys cannot be decrypted');
    // A used key does not need the secret.
    expect(await codes(lost, keys[0] ?? '')).toEqual(['VALID', 'VALID']);

    const reencrypt = async (appSecrets: Buffer[]) => {
      const text = appSecrets.map((secret) => secret.toString('base64')).join();
      const { stdout } = await runBuiltCommand('secrets', ['re-encrypt', '--json'], {
        DATABASE_URL: database.databaseUrl,
        APP_SECRETS: text,
      });
      const { importSecrets, unreadableImportSecrets } = JSON.parse(stdout);
      return { importSecrets, unreadableImportSecrets };
    };
    expect(await reencrypt([newSecret])).toEqual({ importSecrets: 0, unreadableImportSecrets: 1 });
    expect(await reencrypt([newSecret, database.appSecret])).toEqual({ importSecrets: 1, unreadableImportSecrets: 0 });
    expect(await reencrypt([newSecret])).toEqual({ importSecrets: 0, unreadableImportSecrets: 0 });
    expect(await codes(lost, keys[1] ?? '')).toEqual(['VALID', 'VALID']);
  });

  test('is valid again after its secret was lost and the same import was run again', async () => {
    const key = newText();
    await importByCommand(database, [rowOf(key)], ARGS, ENV);
    database.appSecret = randomBytes(32);
    const app = await startApp();
    expect(await codes(app, key)).toEqual(['NOT_FOUND', 'NOT_FOUND']);
    const again = await importByCommand(database, [rowOf(key)], ARGS, ENV);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('1 already present') });
    expect(await codes(app, key)).toEqual(['VALID', 'VALID']);
  });

  test('is found among keys with other secrets', async () => {
    const app = await startApp();
    const [one, other] = [newText(), newText()];
    await importByCommand(database, [rowOf(one)], ARGS, ENV);
    await importByCommand(database, [rowOf(other, 'another secret')], ARGS, { IMPORT_HMAC_SECRET: 'another secret' });
    expect(await forms()).toHaveLength(2);
    for (const key of [other, one]) expect(await codes(app, key)).toEqual(['VALID', 'VALID']);
  });
});

describe('keyward import', () => {
  test.each([
    [['--preset', 'unkey', '--algorithm', 'sha256'], 2, '--preset decides the algorithm, the encoding and the part of the keys.'],
    [['--part', 'whole'], 2, '--encoding, --part and --hmac-secret-file require --algorithm.'],
    [
      ['--algorithm', 'sha256', '--part', 'before-first:_'],
      2,
      '--part must be whole, after-first:X or after-last:X: the part that is hashed.',
    ],
    [
      ['--algorithm', 'bcrypt'],
      2,
      '--part must be before-first:X, before-last:X or first:N for bcrypt: the unique part by which a key is found.',
    ],
    [['--algorithm', 'sha256', '--wildcard-scopes', 'a'], 2, '--wildcard-scopes requires --preset.'],
    [ARGS, 1, 'hmac-sha256 requires the secret: use --hmac-secret-file or set IMPORT_HMAC_SECRET.'],
    [[...ARGS, '--hmac-secret-file', '/nonexistent'], 1, 'The file of --hmac-secret-file cannot be read (ENOENT).'],
  ])('with the options %j ends with %d and says why in one line', async (args, code, message) => {
    const result = await importByCommand(database, [], args);
    const help = code === 2 ? ' Run: keyward import --help' : '';
    expect(result).toEqual({ code, stdout: '', stderr: `keyward: ${message}${help}\n` });
  });
});
