import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PREPARED } from '../../../src/platform/database/prepared-statement.js';
import { startTestApp, type TestApp } from '../../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const NAMES = "SELECT name FROM pg_prepared_statements WHERE statement LIKE '%AS marked%'";

describe('prepared statements', () => {
  test('a marked statement is prepared once for each connection, and another one for each execution', async () => {
    const names = await app.database.$transaction(async (transaction) => {
      const sum = (added: number) => transaction.$queryRaw<{ marked: number }[]>`${PREPARED} SELECT 1 + ${added}::int AS marked`;
      expect([await sum(1), await sum(2)]).toEqual([[{ marked: 2 }], [{ marked: 3 }]]);
      await transaction.$queryRaw`SELECT 2 + ${1}::int AS marked`;
      return transaction.$queryRawUnsafe<{ name: string }[]>(NAMES);
    });
    expect(names).toEqual([{ name: expect.stringMatching(/^keyward-[0-9a-f]{40}$/) }]);
  });

  test('marked statements with different texts are prepared separately', async () => {
    await app.database.$transaction(async (transaction) => {
      expect(await transaction.$queryRaw`${PREPARED} SELECT 'one' AS text`).toEqual([{ text: 'one' }]);
      expect(await transaction.$queryRaw`${PREPARED} SELECT 'two' AS text`).toEqual([{ text: 'two' }]);
    });
  });
});
