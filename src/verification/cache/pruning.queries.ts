import type { Pool } from '../../platform/database/pool.js';

const ROWS_MAX = 10_000;

// The oldest row alone decides whether anything is old enough, which costs one look into the index. Rows that another process
// removes at the same time are skipped.
const PRUNE = `
  DELETE FROM verification_changes WHERE seq IN (
    SELECT seq FROM verification_changes
    WHERE (SELECT at FROM verification_changes ORDER BY seq LIMIT 1) < clock_timestamp() - interval '1 hour'
      AND seq < (SELECT max(seq) FROM verification_changes) AND at < clock_timestamp() - interval '1 hour'
    ORDER BY seq LIMIT ${ROWS_MAX} FOR UPDATE SKIP LOCKED)`;

/** Removes the changes older than an hour, except the newest one. */
export async function pruneChanges(pool: Pool): Promise<number> {
  let removed = 0;
  for (;;) {
    const { rowCount } = await pool.query(PRUNE);
    removed += rowCount ?? 0;
    if ((rowCount ?? 0) < ROWS_MAX) return removed;
  }
}
