import { runSql } from './database.js';

/**
 * Returns the plan of a statement that was logged with its parameters as `$1`, `$2` …, for any values of them. Collect statistics
 * before, because the planner reads a small table from its beginning.
 */
export async function planOf(databaseUrl: string, sql: string | undefined): Promise<string> {
  const url = new URL(databaseUrl);
  // A small table would be read as a whole.
  url.searchParams.set('options', '-c enable_seqscan=off');
  const rows = await runSql<{ 'QUERY PLAN': string }>(url.href, `EXPLAIN (GENERIC_PLAN) ${sql}`);
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}
