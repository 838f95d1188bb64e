import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import bcrypt from 'bcrypt';
import { RevokeApiKeyDocument } from '../generated/graphql.js';
import { runSql } from '../helpers/database.js';
import { DOORS, forgetFingerprint, newKey } from '../helpers/doors.js';
import { startTestApp, type TestApp } from '../helpers/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const bcryptComparisons = async () => {
  const text = await app.metrics.metrics();
  return Number(/^keyward_verification_bcrypt_total (\d+)$/m.exec(text)?.[1]);
};

/** How many comparisons `action` cost. */
async function comparisonsOf(action: () => Promise<unknown>): Promise<number> {
  const before = await bcryptComparisons();
  await action();
  return (await bcryptComparisons()) - before;
}

const [verify] = Object.values(DOORS) as [(typeof DOORS)[string]];

describe('an imported key, of which only bcrypt’s hash is known', () => {
  test('is compared by bcrypt at its first use, and found by fingerprint from then on', async () => {
    const { key, id } = await newKey(app);
    await forgetFingerprint(app, id);
    const uses = async () => {
      for (const ask of Object.values(DOORS)) expect(await ask(app, { key })).toEqual({ code: 'VALID', keyId: id });
    };
    expect(await comparisonsOf(uses)).toBe(1);
    expect(await comparisonsOf(uses)).toBe(0);
  });

  test('may be one of the seed’s own system, without a checksum', async () => {
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

  test('used 50 times at once it costs one comparison', async () => {
    const { key, id } = await newKey(app);
    await forgetFingerprint(app, id);
    const cost = await comparisonsOf(async () => {
      const outcomes = await Promise.all(Array.from({ length: 50 }, () => verify(app, { key })));
      expect(outcomes.every(({ code }) => code === 'VALID')).toBe(true);
    });
    expect(cost).toBe(1);
  });

  test('with a wrong secret it is NOT_FOUND, and stays unused', async () => {
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

  test('that was revoked is REVOKED at its first use', async () => {
    const { key, id, token } = await newKey(app);
    await forgetFingerprint(app, id);
    await app.ask(RevokeApiKeyDocument, { id }, token);
    expect((await verify(app, { key })).code).toBe('REVOKED');
  });

  test('that is revoked while it is compared is refused: its state is read again afterwards', async () => {
    const { key, id, token } = await newKey(app);
    await forgetFingerprint(app, id);
    // A hash of cost 13 keeps the comparison busy for as long as the revocation takes, and much longer.
    await runSql(app.databaseUrl, 'UPDATE api_keys SET hashed_key = $2 WHERE id = $1', [id, await bcrypt.hash(key, 13)]);
    const verification = verify(app, { key });
    while ((await bcryptComparisons()) === 0) await new Promise(setImmediate);
    await app.ask(RevokeApiKeyDocument, { id }, token);
    expect((await verification).code).toBe('REVOKED');
  });
});
