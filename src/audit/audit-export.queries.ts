import type { Database, Transaction } from '../platform/database/client.js';
import type { Prisma } from '../platform/database/generated/client.js';

/** Position of an event in the export. `transactionId` is 0 for the events that a version before 0.2.0 wrote. */
export interface ExportPosition {
  generation: number;
  transactionId: bigint;
  id: string;
}

/** An event as the database stores it. */
export interface ExportedRow extends ExportPosition {
  at: Date;
  action: string;
  userId: string | null;
  apiKeyId: string | null;
  ipAddress: string | null;
  userAgent: string | null;
  details: Prisma.JsonValue;
}

/** Returns the events that were written before transactions were recorded, in the order of their ids. */
export function findOldEvents(database: Database, after: ExportPosition, limit: number): Promise<ExportedRow[]> {
  return database.$queryRaw<ExportedRow[]>`
    SELECT generation, 0::bigint AS "transactionId", id, at, action, user_id AS "userId", api_key_id AS "apiKeyId",
      ip_address AS "ipAddress", user_agent AS "userAgent", details
    FROM audit_events WHERE generation = 0 AND transaction_id IS NULL AND id > ${after.id}::uuid ORDER BY id LIMIT ${limit}`;
}

/** Returns the events of transactions, in the order of their transactions. @param before end of the current generation, exclusive */
export function findEventsInOrder(
  database: Database,
  after: ExportPosition,
  { generation, before, limit }: { generation: number; before: bigint; limit: number },
): Promise<ExportedRow[]> {
  return database.$queryRaw<ExportedRow[]>`
    SELECT generation, transaction_id AS "transactionId", id, at, action, user_id AS "userId", api_key_id AS "apiKeyId",
      ip_address AS "ipAddress", user_agent AS "userAgent", details
    FROM audit_events
    WHERE (generation, transaction_id, id) > (${after.generation}::int, ${after.transactionId}::bigint, ${after.id}::uuid)
      AND (generation < ${generation}::int OR transaction_id < ${before}::bigint)
    ORDER BY generation, transaction_id, id LIMIT ${limit}`;
}

/** Returns the number of the oldest transaction that is running, and the number that the next transaction gets. */
export async function findTransactions(database: Database): Promise<{ oldest: bigint; next: bigint }> {
  const [row] = await database.$queryRaw<{ oldest: bigint; next: bigint }[]>`
    SELECT pg_snapshot_xmin(s)::text::bigint AS oldest, pg_snapshot_xmax(s)::text::bigint AS next FROM pg_current_snapshot() s`;
  return row ?? { oldest: 0n, next: 0n };
}

/** Returns the system identifier and the timeline of the cluster. A promoted or restored cluster has another timeline. */
export async function findIdentity(database: Transaction): Promise<string> {
  const [row] = await database.$queryRaw<{ identity: string }[]>`
    SELECT system_identifier || '/' || timeline_id AS identity FROM pg_control_system(), pg_control_checkpoint()`;
  return row?.identity ?? '';
}

/** Sets the generation of later events. Waits until no transaction that wrote events is running. */
export async function setGeneration(transaction: Transaction, generation: number): Promise<void> {
  await transaction.$executeRawUnsafe(`ALTER TABLE audit_events ALTER COLUMN generation SET DEFAULT ${Math.trunc(generation)}`);
}

/** Waits for other processes that set the generation, and limits the time for which writers of events wait. */
export async function lockGeneration(transaction: Transaction): Promise<void> {
  await transaction.$executeRaw`SET LOCAL lock_timeout = '500ms'`;
  await transaction.$executeRaw`LOCK TABLE audit_log_clusters IN SHARE ROW EXCLUSIVE MODE`;
}
