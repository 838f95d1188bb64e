import { v7 as uuidv7 } from 'uuid';
import type { Transaction } from '../platform/database/client.js';
import { Prisma } from '../platform/database/generated/client.js';
import { PREPARED } from '../platform/database/prepared-statement.js';
import type { AuditEntry } from './audit-entry.js';

/** An entry with everything that is stored. */
export interface AuditRow extends AuditEntry {
  details: object;
  ipAddress: string | null;
  userAgent: string | null;
}

/**
 * Inserts events in one statement with a fixed text and one parameter, because Prisma's createMany takes many times as long for
 * hundreds of rows.
 *
 * @param condition SQL that the same statement evaluates, which saves a query
 * @returns whether the condition is met
 */
export async function insertAuditEvents(
  transaction: Transaction,
  entries: readonly AuditRow[],
  { at, condition }: { at: Date; condition: string },
): Promise<boolean> {
  // Without an explicit time, the ids of one process are in the order of their creation, also within a millisecond.
  const rows = JSON.stringify(entries.map((entry) => ({ ...entry, id: uuidv7() })));
  const found = await transaction.$queryRaw<{ isMet: boolean }[]>`${PREPARED}
    WITH inserted AS (
      INSERT INTO audit_events (id, user_id, at, action, api_key_id, ip_address, user_agent, details)
      SELECT id, "userId", ${at}, action, "apiKeyId", "ipAddress", "userAgent", details
      FROM json_to_recordset(${rows}::json)
        AS row(id uuid, "userId" uuid, action text, "apiKeyId" uuid, "ipAddress" text, "userAgent" text, details jsonb))
    SELECT ${Prisma.raw(condition)} AS "isMet"`;
  return found[0]?.isMet === true;
}

/** Deletes the events of a period. The trigger requires the setting, which ends with the transaction. */
export async function pruneAuditEvents(transaction: Transaction, from: Date, until: Date): Promise<number> {
  await transaction.$executeRaw`SET LOCAL keyward.prune_audit_events = 'on'`;
  return transaction.$executeRaw`DELETE FROM audit_events WHERE at >= ${from} AND at < ${until}`;
}
