import { randomUUID } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { Registry } from 'prom-client';
import { createLogger } from '../../src/platform/logger.js';
import { type UsageHolder, UsageRecorder, type Use } from '../../src/usage/usage-recorder.js';
import { REFUSAL_CODES, VerificationCode } from '../../src/usage/verification-code.js';
import { dropDatabase, newDatabase, runSql } from '../support/database.js';
import { eventually } from '../support/eventually.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

interface Row {
  key_id: string;
  hour: Date;
  allowed: number;
  refused: number;
  last_at: Date;
  last_ip: string | null;
  last_user_agent: string | null;
}

let url: string;
let pool: pg.Pool;
let recorder: UsageRecorder;
let logs: string[];
beforeAll(async () => {
  url = await newDatabase();
});
beforeEach(async () => {
  await runSql(url, 'TRUNCATE api_key_usage');
  pool = new pg.Pool({ connectionString: url });
  logs = [];
  recorder = new UsageRecorder({ pool, metrics: new Registry(), logger: createLogger('info', { write: (line) => void logs.push(line) }) });
});
afterEach(async () => {
  await recorder.close();
  await pool.end();
});
afterAll(() => dropDatabase(url));

const rows = () =>
  runSql<Row>(url, 'SELECT key_id, hour, allowed, refused, last_at, last_ip, last_user_agent FROM api_key_usage ORDER BY hour, key_id');
const at = (time: string) => new Date(`2026-01-31T${time}Z`);
const use = (keyId: string, time: string, more: Partial<Use> = {}, as = recorder) =>
  as.record({ keyId, at: at(time).getTime(), code: VerificationCode.VALID, ipAddress: null, userAgent: null, ...more });

describe('UsageRecorder', () => {
  test('writes one row per key and hour with the allowed and rejected verifications and the last use', async () => {
    const [a, b] = [randomUUID(), randomUUID()].sort() as [string, string];
    use(a, '10:59:59.999', { ipAddress: '192.0.2.1', userAgent: 'curl/8' });
    use(a, '11:00:00.000');
    use(a, '11:30:00.000', { code: VerificationCode.RATE_LIMITED, ipAddress: '192.0.2.2', userAgent: 'wget' });
    use(b, '11:10:00.000');
    await recorder.flush();
    expect(await rows()).toEqual([
      {
        key_id: a,
        hour: at('10:00:00'),
        allowed: 1,
        refused: 0,
        last_at: at('10:59:59.999'),
        last_ip: '192.0.2.1',
        last_user_agent: 'curl/8',
      },
      { key_id: a, hour: at('11:00:00'), allowed: 1, refused: 1, last_at: at('11:30:00'), last_ip: '192.0.2.2', last_user_agent: 'wget' },
      { key_id: b, hour: at('11:00:00'), allowed: 1, refused: 0, last_at: at('11:10:00'), last_ip: null, last_user_agent: null },
    ]);
  });

  test('counts rejections by code, and their sum in the column that version 0.1.0 reads', async () => {
    const key = randomUUID();
    for (const [index, code] of REFUSAL_CODES.entries()) for (let count = 0; count <= index; count += 1) use(key, '10:00:00', { code });
    await recorder.flush();
    use(key, '10:00:01', { code: VerificationCode.REVOKED });
    await recorder.flush();
    expect(await runSql(url, 'SELECT * FROM api_key_usage')).toEqual([
      expect.objectContaining({
        allowed: 0,
        refused: 29,
        refused_revoked: 2,
        refused_expired: 2,
        refused_disabled: 3,
        refused_owner_disabled: 4,
        refused_ip_not_allowed: 5,
        refused_insufficient_scope: 6,
        refused_rate_limited: 7,
      }),
    ]);
  });

  test('counts in the row of the holder until that row is written or its hour is over, and lets the holder forget it', async () => {
    const [key, holder] = [randomUUID(), { usageRow: null } as UsageHolder];
    const record = (time: string) =>
      recorder.record({ keyId: key, at: at(time).getTime(), code: VerificationCode.VALID, ipAddress: null, userAgent: null }, holder);
    record('10:00:00');
    const first = holder.usageRow;
    record('10:59:59');
    expect(holder.usageRow).toBe(first);
    record('11:00:00');
    const second = holder.usageRow;
    expect(second).not.toBe(first);
    await recorder.flush();
    expect(holder.usageRow).toBeNull();
    record('11:00:01');
    expect(holder.usageRow).not.toBe(second);
    await recorder.flush();
    expect(await rows()).toMatchObject([{ allowed: 2 }, { allowed: 2 }]);
  });

  test('adds up over flushes and processes, and keeps the latest use in any order of writing', async () => {
    const key = randomUUID();
    const other = new UsageRecorder({ pool, metrics: new Registry(), logger: createLogger('silent') });
    use(key, '10:30:00', { ipAddress: '192.0.2.2' });
    await recorder.flush();
    other.record({
      keyId: key,
      at: at('10:20:00').getTime(),
      code: VerificationCode.REVOKED,
      ipAddress: '192.0.2.1',
      userAgent: 'late',
    });
    await other.close();
    use(key, '10:10:00');
    await recorder.flush();
    expect(await rows()).toEqual([
      {
        key_id: key,
        hour: at('10:00:00'),
        allowed: 2,
        refused: 1,
        last_at: at('10:30:00'),
        last_ip: '192.0.2.2',
        last_user_agent: null,
      },
    ]);
  });

  test('writes without a call to flush', async () => {
    use(randomUUID(), '10:00:00');
    await eventually(async () => expect(await rows()).toHaveLength(1), { withinMs: 10_000 });
  });

  test('writes all recorded usage when it is closed', async () => {
    use(randomUUID(), '10:00:00');
    await recorder.close();
    expect(await rows()).toHaveLength(1);
  });

  test('keeps usage that cannot be written, writes it later with newer usage, and logs the error once', async () => {
    const key = randomUUID();
    await runSql(url, 'ALTER TABLE api_key_usage RENAME TO renamed_usage');
    use(key, '10:00:00');
    await recorder.flush();
    use(key, '10:00:01', { code: VerificationCode.EXPIRED });
    await recorder.flush();
    await runSql(url, 'ALTER TABLE renamed_usage RENAME TO api_key_usage');
    await recorder.flush();
    await recorder.flush();
    expect(await rows()).toMatchObject([{ key_id: key, allowed: 1, refused: 1, last_at: at('10:00:01') }]);
    expect(logs.filter((line) => line.includes('usage could not be written'))).toHaveLength(1);
  });

  test('writes nothing twice in concurrent flushes', async () => {
    const key = randomUUID();
    use(key, '10:00:00');
    const flushes = [recorder.flush(), recorder.flush()];
    use(key, '10:00:01');
    await Promise.all([...flushes, recorder.flush()]);
    await recorder.flush();
    expect(await rows()).toMatchObject([{ allowed: 2 }]);
  });

  test('writes the usage of more keys than fit into one statement', async () => {
    for (let count = 0; count < 2_500; count += 1) use(randomUUID(), '10:00:00');
    await recorder.flush();
    const [sum] = await runSql<{ keys: string; allowed: string }>(
      url,
      'SELECT count(*) AS keys, sum(allowed) AS allowed FROM api_key_usage',
    );
    expect(sum).toEqual({ keys: '2500', allowed: '2500' });
  });

  test('does not deadlock when two processes write the same keys in opposite order', async () => {
    const keys = Array.from({ length: 500 }, () => randomUUID());
    const other = new UsageRecorder({ pool, metrics: new Registry(), logger: createLogger('silent') });
    for (let round = 0; round < 10; round += 1) {
      for (const key of keys) use(key, '10:00:00');
      for (const keyId of keys.toReversed()) use(keyId, '10:00:00', {}, other);
      await Promise.all([recorder.flush(), other.flush()]);
    }
    await other.close();
    expect(logs).toEqual([]);
    const counts = await runSql(url, 'SELECT DISTINCT allowed FROM api_key_usage');
    expect(counts).toEqual([{ allowed: 20 }]);
  });

  test.each([
    ['an invalid address', { ipAddress: 'unknown' }, { last_ip: null }],
    ['an IPv4-mapped address', { ipAddress: '::ffff:192.0.2.7' }, { last_ip: '192.0.2.7' }],
    ['a NUL and escape sequences', { userAgent: 'a\u0000b\u001b[31m' }, { last_user_agent: 'ab[31m' }],
    ['half a surrogate pair', { userAgent: 'a\ud800' }, { last_user_agent: 'a\ufffd' }],
    ['quotes, commas and backslashes', { userAgent: '{"a\\",\'b\'}' }, { last_user_agent: '{"a\\",\'b\'}' }],
    ['a string of 10,000 characters', { userAgent: 'x'.repeat(10_000) }, { last_user_agent: 'x'.repeat(300) }],
  ])('writes the row for %s', async (_case, more, expected) => {
    use(randomUUID(), '10:00:00', more);
    await recorder.flush();
    expect(await rows()).toMatchObject([expected]);
  });

  test('F11: holds the unwritten usage of a million keys in less than 100 MB', () => {
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let count = 0; count < 1_000_000; count += 1) {
      use(`00000000-0000-7000-8000-${String(count).padStart(12, '0')}`, '10:00:00', { ipAddress: '192.0.2.1', userAgent: 'curl/8' });
    }
    collectGarbage();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100_000_000);
  });
});
