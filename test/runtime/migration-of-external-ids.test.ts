import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createLogger } from '../../src/platform/logger.js';
import { MIGRATIONS_DIR, migrate } from '../../src/runtime/migrations.js';
import { dropDatabase, newDatabase, runSql } from '../support/database.js';

const NAME = '20261124175022_external_ids';
const BEFORE = [
  '20261122212158_init',
  '20261122235621_verification_and_usage',
  '20261123024913_key_life_and_audit',
  '20261123031330_external_users',
  '20261123031800_accounts',
  '20261123034120_audit_events_by_time',
];
const logger = createLogger('silent');
const id = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'keyward-0.1.0-'));
  for (const name of BEFORE) await cp(path.join(MIGRATIONS_DIR, name), path.join(folder, name), { recursive: true });
});
afterAll(() => rm(folder, { recursive: true }));

let url: string;
/** Creates a database as version 0.1.0 left it. */
beforeEach(async () => {
  url = await newDatabase('empty');
  await migrate(url, logger, folder);
});

const user = (n: number, email: string, issuer: string | null = null, subject: string | null = null, passwordHash: string | null = null) =>
  runSql(url, 'INSERT INTO users (id, email, issuer, subject, password_hash, created_at) VALUES ($1, $2, $3, $4, $5, now())', [
    id(n),
    email,
    issuer,
    subject,
    passwordHash,
  ]);
const signedUp = (n: number, actor: string | null) =>
  runSql(url, "INSERT INTO audit_events (id, user_id, at, action, details) VALUES ($1, $1, now(), 'USER_SIGNED_UP', $2)", [
    id(n),
    actor === null ? {} : { actor },
  ]);
const users = () => runSql(url, 'SELECT email, external_id, self_registered FROM users ORDER BY id');
const issuer = async () => (await runSql<{ value: string }>(url, "SELECT value FROM settings WHERE name = 'external_id_issuer'"))[0]?.value;

describe('the migration of a database of 0.1.0', () => {
  test('keeps its users: subjects become external ids, placeholder addresses become null, and the issuer is recorded', async () => {
    await user(1, 'ada@example.com', null, null, '$2b$');
    await signedUp(1, null);
    await user(2, `${'0'.repeat(32)}@external.invalid`, 'https://id.example.com/', 'user_1');
    await user(3, 'grace@example.com', 'https://id.example.com/', 'user_2');
    await user(4, 'imported@example.com');
    await user(5, 'invited@example.com', null, null, '$2b$');
    await signedUp(5, 'operator');
    await migrate(url, logger);
    expect(await users()).toEqual([
      { email: 'ada@example.com', external_id: null, self_registered: true },
      { email: null, external_id: 'user_1', self_registered: true },
      { email: 'grace@example.com', external_id: 'user_2', self_registered: true },
      { email: 'imported@example.com', external_id: null, self_registered: false },
      { email: 'invited@example.com', external_id: null, self_registered: false },
    ]);
    expect(await issuer()).toBe('https://id.example.com/');
    // Only accounts with a password have unique addresses.
    await runSql(url, "INSERT INTO users (id, email, external_id, created_at) VALUES ($1, 'ada@example.com', 'user_3', now())", [id(6)]);
    const again = runSql(url, "INSERT INTO users (id, email, created_at) VALUES ($1, 'ada@example.com', now())", [id(7)]);
    await expect(again).rejects.toThrow(/users_email_key/);
    const nobody = runSql(url, 'INSERT INTO users (id, created_at) VALUES ($1, now())', [id(8)]);
    await expect(nobody).rejects.toThrow(/users_identified/);
    await dropDatabase(url);
  });

  test('records that the product sets the external ids if no user has an identity provider', async () => {
    await user(1, 'ada@example.com', null, null, '$2b$');
    await migrate(url, logger);
    expect(await issuer()).toBe('product');
    await dropDatabase(url);
  });

  test('keeps its rotations: a successor refers to the key that it replaced', async () => {
    await user(1, 'ada@example.com', null, null, '$2b$');
    const key = 'INSERT INTO api_keys (id, user_id, key_prefix, hashed_key, created_at, replaced_by_id) VALUES ($1, $2, $3, $3, now(), $4)';
    await runSql(url, key, [id(11), id(1), 'amos_00000002', null]);
    await runSql(url, key, [id(10), id(1), 'amos_00000001', id(11)]);
    await migrate(url, logger);
    expect(await runSql(url, 'SELECT id, rotated_from_id FROM api_keys ORDER BY id')).toEqual([
      { id: id(10), rotated_from_id: null },
      { id: id(11), rotated_from_id: id(10) },
    ]);
    await dropDatabase(url);
  });

  test('fails with one clear line and changes nothing if two issuers share a subject', async () => {
    await user(1, 'a@external.invalid', 'https://a.example.com/', 'user_1');
    await user(2, 'b@external.invalid', 'https://b.example.com/', 'user_1');
    const failure = await migrate(url, logger).catch((error: Error) => error.message);
    expect(failure).toBe(
      `Migration ${NAME} failed and was rolled back: 1 subjects belong to users of more than one issuer (https://a.example.com/, https://b.example.com/), but an external id identifies one user. Change users.subject or delete users so that each subject is unique, then start again`,
    );
    expect(await runSql(url, 'SELECT email, issuer, subject FROM users ORDER BY id')).toHaveLength(2);
    await runSql(url, "DELETE FROM users WHERE issuer = 'https://b.example.com/'");
    expect(await migrate(url, logger)).toContain(NAME);
    await dropDatabase(url);
  });

  test('records both issuers if their subjects differ, and no AUTH_ISSUER equals that record', async () => {
    await user(1, 'a@external.invalid', 'https://b.example.com/', 'user_1');
    await user(2, 'b@external.invalid', 'https://a.example.com/', 'user_2');
    await migrate(url, logger);
    expect(await issuer()).toBe('https://a.example.com/ https://b.example.com/');
    await dropDatabase(url);
  });
});
