import type { Database } from '../../platform/database/client.js';

/** Returns those of the origins that a stored portal session is bound to. */
export async function findBoundOrigins(database: Database, origins: readonly string[]): Promise<string[]> {
  const rows = await database.$queryRaw<{ origin: string }[]>`
    SELECT wanted.origin FROM unnest(${origins}::text[]) AS wanted (origin)
    WHERE EXISTS (SELECT FROM portal_sessions WHERE portal_sessions.origin = wanted.origin)`;
  return rows.map(({ origin }) => origin);
}

/** Removes sessions that ended or expired before a time. Rows that another process removes at the same time are skipped. */
export function pruneSessions(database: Database, endedBefore: Date, rowsMax: number): Promise<number> {
  return database.$executeRaw`
    DELETE FROM portal_sessions WHERE id IN (
      SELECT id FROM portal_sessions WHERE expires_at < ${endedBefore} OR ended_at < ${endedBefore}
      LIMIT ${rowsMax} FOR UPDATE SKIP LOCKED)`;
}
