import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { runBuiltCommand } from '../support/commands.js';
import { runSql } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const SECRET = Buffer.alloc(32, 'secret').toString('base64');

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(() => app.close());

interface Line {
  cursor: string;
  action: string;
  userAgent: string | null;
  details: object;
}

const run = (...args: string[]) => runBuiltCommand('audit', args, { DATABASE_URL: app.databaseUrl, APP_SECRETS: SECRET });
/**
 * Waits for the end of the transactions that run now. The tests of other files run in the same cluster, and an export waits for all older
 * transactions of a cluster.
 */
async function settled(): Promise<void> {
  const [now] = await runSql<{ next: string }>(app.databaseUrl, 'SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next');
  const isOver = 'SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint >= $1::bigint AS "isOver"';
  await eventually(async () => expect(await runSql(app.databaseUrl, isOver, [now?.next])).toEqual([{ isOver: true }]), {
    withinMs: 30_000,
  });
}

/** Returns the exported events after a cursor, with those of all transactions that ran before the call. */
async function exported(after?: string, ...args: string[]): Promise<Line[]> {
  await settled();
  return exportedNow(after, ...args);
}

async function exportedNow(after?: string, ...args: string[]): Promise<Line[]> {
  const { code, stdout, stderr } = await run('export', ...(after === undefined ? [] : ['--after', after]), ...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
const INSERT = `INSERT INTO audit_events (id, user_id, at, action, user_agent) VALUES (gen_random_uuid(), gen_random_uuid(), now(), 'USER_SIGNED_IN', $1)`;
const insert = (name: string) => runSql(app.databaseUrl, INSERT, [name]);
const namesOf = (lines: readonly Line[]) => lines.map(({ userAgent, action }) => userAgent ?? action);

describe('keyward audit export', () => {
  test('E8: prints an event once, as JSON, and continues after a cursor; the export itself is recorded', async () => {
    await insert('a');
    await insert('b');
    const first = await exported();
    expect(namesOf(first)).toEqual(['a', 'b']);
    expect(first[0]).toEqual({
      cursor: expect.stringMatching(/^0\.\d+\.[0-9a-f-]{36}$/),
      id: expect.any(String),
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      action: 'USER_SIGNED_IN',
      userId: expect.any(String),
      apiKeyId: null,
      ipAddress: null,
      userAgent: 'a',
      details: {},
    });
    await insert('c');
    const cursor = first.at(-1)?.cursor;
    const second = await exported(cursor);
    expect(namesOf(second)).toEqual(['AUDIT_LOG_EXPORTED', 'c']);
    expect(second[0]?.details).toEqual({ events: 2, cursor, actor: 'operator' });
    // A record of an export is exported, but causes no further record.
    const third = await exported(second.at(-1)?.cursor);
    expect(namesOf(third)).toEqual(['AUDIT_LOG_EXPORTED']);
    expect(await exported(third.at(-1)?.cursor)).toEqual([]);
  });

  test('E7: an event of a transaction that commits late is not skipped, and later events wait for it', async () => {
    await insert('before');
    await settled();
    const client = new pg.Client({ connectionString: app.databaseUrl });
    await client.connect();
    await client.query('BEGIN');
    await client.query(INSERT, ['late']);
    await insert('after');
    const first = await exportedNow();
    expect(namesOf(first)).toEqual(['before']);
    await client.query('COMMIT');
    await client.end();
    expect(namesOf(await exported(first.at(-1)?.cursor))).toEqual(['late', 'after', 'AUDIT_LOG_EXPORTED']);
  });

  test('the number of events of one call is bounded, and calls together print every event once', async () => {
    await runSql(
      app.databaseUrl,
      `INSERT INTO audit_events (id, at, action, user_agent) SELECT gen_random_uuid(), now(), 'USER_SIGNED_IN', n::text FROM generate_series(1, 2500) n`,
    );
    const names: string[] = [];
    for (let cursor: string | undefined, calls = 0; calls < 3; calls += 1) {
      const lines = await exported(cursor, '--limit', '1200');
      names.push(...namesOf(lines).filter((name) => name !== 'AUDIT_LOG_EXPORTED'));
      cursor = lines.at(-1)?.cursor;
    }
    expect(names.map(Number).sort((one, other) => one - other)).toEqual(Array.from({ length: 2_500 }, (_, index) => index + 1));
  });

  test('events of versions that recorded no transaction come first', async () => {
    await insert('new');
    await runSql(
      app.databaseUrl,
      `INSERT INTO audit_events (id, at, action, user_agent, transaction_id) SELECT gen_random_uuid(), now(), 'USER_SIGNED_IN', 'old', NULL FROM generate_series(1, 3)`,
    );
    const first = await exported(undefined, '--limit', '2');
    expect(namesOf(first)).toEqual(['old', 'old']);
    const rest = await exported(first.at(-1)?.cursor);
    expect(namesOf(rest).slice(0, 2)).toEqual(['old', 'new']);
  });

  test('E7: after a restore into another cluster, with lower transaction numbers, nothing is skipped', async () => {
    await insert('before');
    const [last] = await exported();
    // The copied table names the cluster of the backup.
    await runSql(app.databaseUrl, `UPDATE audit_log_clusters SET identity = 'another cluster'`);
    const { auditExport } = app;
    const generation = await auditExport.alignGeneration();
    expect(generation).toBeGreaterThan(0);
    expect(await Promise.all([auditExport.alignGeneration(), auditExport.alignGeneration()])).toEqual([generation, generation]);
    await insert('after');
    const ahead = last?.cursor.replace(/^0\.\d+/, '0.999999999999');
    expect(namesOf(await exported(ahead))).toEqual(['after']);
  });

  test('E7: a cursor that this database has not reached is an error with exit code 1, and prints nothing', async () => {
    await insert('a');
    const [line] = await exported();
    for (const cursor of [line?.cursor.replace(/^0\.\d+/, '0.999999999999'), line?.cursor.replace(/^0/, '7')]) {
      expect(await run('export', '--after', cursor ?? '')).toEqual({
        code: 1,
        stdout: '',
        stderr: 'keyward: --after is not a cursor of this database. Was it restored from a backup?\n',
      });
    }
  });

  test('a new generation begins although transactions that write events are running', async () => {
    await runSql(app.databaseUrl, `UPDATE audit_log_clusters SET identity = 'another cluster'`);
    const client = new pg.Client({ connectionString: app.databaseUrl });
    await client.connect();
    await client.query('BEGIN');
    await client.query(INSERT, ['running']);
    const aligned = app.auditExport.alignGeneration();
    await eventually(async () => expect(await runSql(app.databaseUrl, 'SELECT FROM pg_locks WHERE NOT granted')).not.toEqual([]), {
      withinMs: 5_000,
    });
    await client.query('COMMIT');
    await client.end();
    expect(await aligned).toBeGreaterThan(0);
  });

  test.each([[['--after', 'x']], [['--after']], [['--limit', '0']], [['--limit', '1e3']], [['more']]])(
    'wrong arguments (%j) print nothing, with exit code 2',
    async (args) => {
      const { code, stdout, stderr } = await run('export', ...args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/^keyward: .* Run: keyward audit export --help\n$/);
    },
  );
});
