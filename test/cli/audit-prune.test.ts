import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runBuiltCommand } from '../support/commands.js';
import { runSql } from '../support/database.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const SECRET = Buffer.alloc(32, 'secret').toString('base64');

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const prune = (...args: string[]) => runBuiltCommand('audit', ['prune', ...args], { DATABASE_URL: app.databaseUrl, APP_SECRETS: SECRET });
const times = async () =>
  (await runSql<{ at: Date }>(app.databaseUrl, `SELECT at FROM audit_events WHERE action <> 'AUDIT_LOG_PRUNED' ORDER BY at`)).map(
    ({ at }) => at.toISOString(),
  );

describe('keyward audit prune', () => {
  test('E8: deletes events older than the given age and nothing else; the remaining events still cannot be changed', async () => {
    const at = ['2024-01-01T00:00:00.000Z', '2024-06-01T00:00:00.000Z', '2025-01-01T00:00:00.000Z', '2025-01-01T00:00:00.001Z'];
    for (const timestamp of at) {
      await runSql(
        app.databaseUrl,
        `INSERT INTO audit_events (id, user_id, at, action) VALUES (gen_random_uuid(), gen_random_uuid(), $1, 'USER_SIGNED_IN')`,
        [timestamp],
      );
    }
    expect(await prune('--before', '2024-06-01')).toEqual({ code: 0, stdout: '1 events removed\n', stderr: '' });
    expect(await times()).toEqual(at.slice(1));
    expect(await prune('--before', '2025-01-01T00:00:00.001Z')).toMatchObject({ code: 0, stdout: '2 events removed\n' });
    expect(await times()).toEqual(at.slice(3));
    expect(await prune('--before', '2025-01-01', '--json')).toEqual({ code: 0, stdout: '{"removed":0}\n', stderr: '' });
    const pruned = `SELECT details FROM audit_events WHERE action = 'AUDIT_LOG_PRUNED' ORDER BY details->>'before'`;
    expect((await runSql(app.databaseUrl, pruned)).map(({ details }) => details)).toEqual([
      { events: 1, before: '2024-01-02T00:00:00.000Z', actor: 'operator' },
      { events: 1, before: expect.stringMatching(/^2024-06-02/), actor: 'operator' },
      { events: 1, before: '2025-01-01T00:00:00.001Z', actor: 'operator' },
    ]);
    await expect(runSql(app.databaseUrl, 'DELETE FROM audit_events')).rejects.toThrow('append-only');
    expect(await times()).toEqual(at.slice(3));
  });

  test.each([
    [[]],
    [['--before']],
    [['--before', 'yesterday']],
    [['--before', '2999-01-01']],
    [['--before', '2024-13-01']],
    [['--before', '2026-02-31']],
    [['--before', '2025-02-29T12:00:00Z']],
    [['2024-01-01']],
  ])('with invalid arguments (%j) it removes nothing and points to the help, with exit code 2', async (args) => {
    const before = await times();
    const { code, stderr } = await prune(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^keyward: .* Run: keyward audit prune --help\n$/);
    expect(await times()).toEqual(before);
  });
});
