import { createHmac, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { newDatabase, runSql } from '../support/database.js';
import { DOORS } from '../support/doors.js';
import { importByCommand } from '../support/imports.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const FORMS_MAX = 32;

let database: { databaseUrl: string; appSecret: Buffer };
let app: TestApp;
beforeEach(async () => {
  database = { databaseUrl: await newDatabase(), appSecret: randomBytes(32) };
  app = await startTestApp({ databaseUrl: database.databaseUrl, appSecrets: [database.appSecret] });
});
afterEach(() => app.close());

/** Imports a new key by HMAC. */
async function importKey(secret: string, key = `hm_${randomBytes(16).toString('hex')}`, email = 'ada@example.com') {
  const row = { email, hash: createHmac('sha256', secret).update(key).digest('hex') };
  const result = await importByCommand(database, [row], ['--algorithm', 'hmac-sha256'], { IMPORT_HMAC_SECRET: secret });
  return { key, result };
}
const codeOf = async (key: string) => (await DOORS.verifyApiKey?.(app, { key }))?.code;
const countForms = async () => (await runSql(database.databaseUrl, 'SELECT FROM import_forms')).length;
const insertErasedForms = (count: number) =>
  runSql(
    database.databaseUrl,
    `INSERT INTO import_forms (algorithm, part, created_at) SELECT 'hmac-sha256', 'whole', now() FROM generate_series(1, $1)`,
    [count],
  );
/** Inserts forms with one key each that was never used. */
const insertNeededForms = (count: number) =>
  runSql(
    database.databaseUrl,
    `WITH owner AS (INSERT INTO users (id, external_id, created_at) VALUES (gen_random_uuid(), 'owner', now()) RETURNING id),
       form AS (INSERT INTO import_forms (algorithm, part, created_at) SELECT 'sha256', 'first:' || n, now() FROM generate_series(1, $1) n RETURNING id)
     INSERT INTO api_keys (id, user_id, key_prefix, hashed_key, created_at, import_form_id)
     SELECT gen_random_uuid(), owner.id, 'needed_' || form.id, '', now(), form.id FROM owner, form`,
    [count],
  );

describe('an import of keys of a new form', () => {
  test('takes the place of a form with an erased secret if there are 32 forms', async () => {
    await insertErasedForms(FORMS_MAX);
    const { key, result } = await importKey('new secret');
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(await countForms()).toBe(FORMS_MAX);
    expect([await codeOf(key), await codeOf(key)]).toEqual(['VALID', 'VALID']);
  });

  test('takes the place of a form of which the keys were deleted, and never of a form with an unused key', async () => {
    const first = await importKey('first secret');
    await insertNeededForms(FORMS_MAX - 1);
    expect((await importKey('second secret')).result).toMatchObject({ code: 1, stderr: expect.stringContaining('32 forms') });
    await runSql(
      database.databaseUrl,
      `DELETE FROM api_keys WHERE key_prefix = (SELECT max(key_prefix) FROM api_keys WHERE hashed_key = '')`,
    );
    const second = await importKey('second secret');
    expect(second.result).toMatchObject({ code: 0 });
    expect(await countForms()).toBe(FORMS_MAX);
    for (const key of [first.key, second.key]) expect([await codeOf(key), await codeOf(key)]).toEqual(['VALID', 'VALID']);
  });

  test('leaves a form with a secret that was lost and stored again by a repeated import', async () => {
    const { key } = await importKey('secret');
    database.appSecret = randomBytes(32);
    await app.close();
    app = await startTestApp({ databaseUrl: database.databaseUrl, appSecrets: [database.appSecret] });
    expect((await importKey('secret', key)).result.stdout).toContain('1 already present');
    await insertNeededForms(FORMS_MAX - 2);
    expect((await importKey('another secret')).result).toMatchObject({ code: 1 });
    expect(await codeOf(key)).toBe('VALID');
  });

  test('leaves a form that another import is using, and does not wait for it', async () => {
    await insertNeededForms(FORMS_MAX - 1);
    const { rows } = await inTransaction(async (other) => {
      const form = await other.query(
        `INSERT INTO import_forms (algorithm, part, created_at) VALUES ('sha256', 'first:90', now()) RETURNING id`,
      );
      await other.query('COMMIT');
      await other.query('BEGIN');
      await other.query('SELECT FROM import_forms WHERE id = $1 FOR SHARE', [form.rows[0].id]);
      expect((await importKey('new secret')).result).toMatchObject({ code: 1, stderr: expect.stringContaining('32 forms') });
      return other.query('SELECT part FROM import_forms WHERE id = $1', [form.rows[0].id]);
    });
    expect(rows).toEqual([{ part: 'first:90' }]);
    expect((await importKey('new secret')).result).toMatchObject({ code: 0 });
  });

  test('succeeds at the same time as others while only forms with erased secrets can be removed', async () => {
    await insertErasedForms(FORMS_MAX);
    const imports = await Promise.all(
      Array.from({ length: 4 }, (_, index) => importKey(`secret ${index}`, undefined, `user${index}@example.com`)),
    );
    expect(imports.map(({ result }) => result.code)).toEqual([0, 0, 0, 0]);
    expect(await countForms()).toBe(FORMS_MAX);
    for (const { key } of imports) expect(await codeOf(key)).toBe('VALID');
  });
});

async function inTransaction<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: database.databaseUrl });
  await client.connect();
  try {
    await client.query('BEGIN');
    return await work(client);
  } finally {
    await client.query('ROLLBACK');
    await client.end();
  }
}
