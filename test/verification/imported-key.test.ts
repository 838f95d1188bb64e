import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import bcrypt from 'bcrypt';
import pg from 'pg';
import { Registry } from 'prom-client';
import { createLogger } from '../../src/platform/logger.js';
import { fingerprintOf, makePlaintextKey } from '../../src/platform/plaintext-key.js';
import { createVerificationPool, KeyLookup } from '../../src/verification/key-lookup.js';
import { ANYONE } from '../../src/verification/permit.js';
import { VerificationMetrics } from '../../src/verification/verification-metrics.js';
import { RevokeApiKeyDocument, VerifyApiKeyDocument } from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { DOORS, forgetFingerprint, newKey } from '../support/doors.js';
import { eventually } from '../support/eventually.js';
import { codesOf, PATIENT, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp(PATIENT);
});
afterAll(() => app.close());

const bcryptComparisons = async () => {
  const text = await app.metrics.metrics();
  return Number(/^keyward_verification_bcrypt_total (\d+)$/m.exec(text)?.[1]);
};

/** Returns the number of bcrypt comparisons that `action` causes. */
async function comparisonsOf(action: () => Promise<unknown>): Promise<number> {
  const before = await bcryptComparisons();
  await action();
  return (await bcryptComparisons()) - before;
}

const [verify] = Object.values(DOORS) as [(typeof DOORS)[string]];

describe('an imported key with only a bcrypt hash', () => {
  test('is compared by bcrypt at its first use, and found by its fingerprint afterwards', async () => {
    const { key, id } = await newKey(app);
    await forgetFingerprint(app, id);
    const uses = async () => {
      for (const ask of Object.values(DOORS)) expect(await ask(app, { key })).toEqual({ code: 'VALID', keyId: id });
    };
    expect(await comparisonsOf(uses)).toBe(1);
    expect(await comparisonsOf(uses)).toBe(0);
  });

  test('is valid without a checksum', async () => {
    const { id } = await newKey(app);
    const plaintext = `amos_0a1b2c3d.${'Ab-_'.repeat(10)}xyz`;
    await runSql(app.databaseUrl, 'UPDATE api_keys SET fingerprint = NULL, key_prefix = $2, hashed_key = $3 WHERE id = $1', [
      id,
      'amos_0a1b2c3d',
      await bcrypt.hash(plaintext, 10),
    ]);
    expect(await verify(app, { key: plaintext })).toEqual({ code: 'VALID', keyId: id });
    expect(await verify(app, { key: plaintext.replace('xyz', 'xyy') })).toEqual({ code: 'NOT_FOUND', keyId: null });
    expect(await verify(app, { key: plaintext })).toEqual({ code: 'VALID', keyId: id });
  });

  test('F5: is rejected with SERVICE_UNAVAILABLE after KeyLookup.close, so that no caller keeps waiting', async () => {
    const { key, id } = await newKey(app);
    await forgetFingerprint(app, id);
    const pool = createVerificationPool(app.databaseUrl, createLogger('silent'));
    const keys = new KeyLookup({ keys: app.cachedKeys, pool, database: app.database, metrics: new VerificationMetrics(new Registry()) });
    keys.close();
    const presented = { plaintextKey: key, fingerprint: fingerprintOf(key), isForeign: false, clientAddress: null, permit: ANYONE };
    const found = new Promise((resolve, reject) => keys.find(presented, resolve, reject));
    await expect(found).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    await pool.end();
    expect(await verify(app, { key })).toEqual({ code: 'VALID', keyId: id });
  });

  test('is compared once by 50 concurrent verifications', async () => {
    const { key, id } = await newKey(app);
    await forgetFingerprint(app, id);
    const cost = await comparisonsOf(async () => {
      const outcomes = await Promise.all(Array.from({ length: 50 }, () => verify(app, { key })));
      expect(outcomes.every(({ code }) => code === 'VALID')).toBe(true);
    });
    expect(cost).toBe(1);
  });

  test('is NOT_FOUND with a wrong secret, and gets no fingerprint', async () => {
    const { key, id } = await newKey(app);
    const other = await newKey(app);
    await forgetFingerprint(app, id);
    await runSql(app.databaseUrl, 'UPDATE api_keys SET hashed_key = (SELECT hashed_key FROM api_keys WHERE id = $2) WHERE id = $1', [
      id,
      other.id,
    ]);
    expect(await verify(app, { key })).toEqual({ code: 'NOT_FOUND', keyId: null });
    const [row] = await runSql<{ fingerprint: Buffer | null }>(app.databaseUrl, 'SELECT fingerprint FROM api_keys WHERE id = $1', [id]);
    expect(row?.fingerprint).toBeNull();
  });

  test('is REVOKED at its first use if it was revoked before', async () => {
    const { key, id, token } = await newKey(app);
    await forgetFingerprint(app, id);
    await app.ask(RevokeApiKeyDocument, { id }, token);
    expect((await verify(app, { key })).code).toBe('REVOKED');
  });

  test('is REVOKED if it is revoked during its first use, because its state is read again afterwards', async () => {
    const { key, id } = await newKey(app);
    await forgetFingerprint(app, id);
    const revoker = new pg.Client({ connectionString: app.databaseUrl });
    await revoker.connect();
    await revoker.query('BEGIN');
    await revoker.query('UPDATE api_keys SET revoked_at = now() WHERE id = $1', [id]);
    const verification = verify(app, { key });
    // The key was read and compared, and its fingerprint is stored after the revocation.
    const waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    await eventually(async () => expect(await runSql(app.databaseUrl, waiting)).toHaveLength(1), { withinMs: 10_000 });
    await revoker.query('COMMIT');
    await revoker.end();
    expect((await verification).code).toBe('REVOKED');
  });

  test('is not compared again with the same wrong secret', async () => {
    const { key, id } = await newKey(app);
    await runSql(app.databaseUrl, 'UPDATE api_keys SET fingerprint = NULL, hashed_key = $2 WHERE id = $1', [id, await bcrypt.hash('x', 4)]);
    const outcomes: string[] = [];
    const cost = await comparisonsOf(async () => {
      for (let count = 0; count < 3; count += 1) outcomes.push((await verify(app, { key })).code);
    });
    expect([outcomes, cost]).toEqual([['NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND'], 1]);
    await runSql(app.databaseUrl, 'UPDATE api_keys SET hashed_key = $2 WHERE id = $1', [id, await bcrypt.hash(key, 4)]);
    expect(await verify(app, { key })).toEqual({ code: 'VALID', keyId: id });
  });
});

describe('K12: under a flood of guesses, an unused imported key', () => {
  const FLOOD = 60;
  const present = (key: string, remoteAddress: string) => app.http.inject({ url: '/verify', headers: { 'x-api-key': key }, remoteAddress });

  /** Sends wrong secrets with the key's prefix in FLOOD parallel loops until `action` completes. */
  async function whileGuessing<T>(
    key: string,
    addressOf: (count: number) => string,
    action: () => Promise<T>,
  ): Promise<{ result: T; statuses: number[] }> {
    const statuses: number[] = [];
    let ended = false;
    let count = 0;
    const guess = async () => {
      while (!ended) {
        count += 1;
        const wrong = makePlaintextKey('amos', (bytes) => (bytes === 4 ? Buffer.from(key.slice(5, 13), 'hex') : randomBytes(bytes)));
        statuses.push((await present(wrong.plaintextKey, addressOf(count))).statusCode);
        await new Promise(setImmediate);
      }
    };
    const guessers = Array.from({ length: FLOOD }, guess);
    const before = await bcryptComparisons();
    await eventually(async () => expect(await bcryptComparisons()).toBeGreaterThanOrEqual(before + 3), { withinMs: 10_000 });
    const result = await action();
    ended = true;
    await Promise.all(guessers);
    return { result, statuses };
  }

  test.each([
    ['one address', () => '203.0.113.7'],
    ['many addresses of a /24', (count: number) => `203.0.113.${count % 250}`],
    ['many /64s of a /48', (count: number) => `2001:db8:1:${(count % 65_536).toString(16)}::1`],
  ])('is verified for its owner after the comparison in progress, with guesses from %s', async (_case, addressOf) => {
    const { key, id } = await newKey(app);
    await runSql(app.databaseUrl, 'UPDATE api_keys SET fingerprint = NULL, hashed_key = $2 WHERE id = $1', [
      id,
      await bcrypt.hash(key, 10),
    ]);
    const { result, statuses } = await whileGuessing(key, addressOf, async () => {
      const before = await bcryptComparisons();
      const { statusCode } = await present(key, '198.51.100.9');
      return { statusCode, comparisons: (await bcryptComparisons()) - before };
    });
    expect(result.statusCode).toBe(200);
    // One further comparison can start before the owner is in the queue, and one after the owner's comparison ends.
    expect(result.comparisons).toBeLessThanOrEqual(4);
    expect(new Set(statuses)).toEqual(new Set([401, 503]));
  });

  test('is queued by the address of the caller, not by the ipAddress that an unknown caller of verifyApiKey sends', async () => {
    const { key, id } = await newKey(app);
    await runSql(app.databaseUrl, 'UPDATE api_keys SET fingerprint = NULL, hashed_key = $2 WHERE id = $1', [
      id,
      await bcrypt.hash(key, 12),
    ]);
    const wrongKeys = Array.from({ length: 20 }, () =>
      makePlaintextKey('amos', (bytes) => (bytes === 4 ? Buffer.from(key.slice(5, 13), 'hex') : randomBytes(bytes))),
    );
    const answers = await Promise.all(
      wrongKeys.map(({ plaintextKey }, n) =>
        app.send(VerifyApiKeyDocument, { input: { key: plaintextKey, ipAddress: `198.51.${n}.1` } }, { ipAddress: '203.0.113.7' }),
      ),
    );
    // One guess is compared and eight wait. The others are rejected, as all come from one block of addresses.
    expect(answers.filter((answer) => codesOf(answer).includes('SERVICE_UNAVAILABLE')).length).toBeGreaterThanOrEqual(11);
  });
});
