import type { Database } from '../platform/database/client.js';
import { Prisma } from '../platform/database/generated/client.js';
import { LIST_LIMITS } from '../platform/limits.js';
import type { Position } from '../platform/pagination.js';

/** An event as it is stored. */
export interface StoredEvent {
  id: string;
  /** Null if the event concerns no user. */
  userId: string | null;
  at: Date;
  action: string;
  apiKeyId: string | null;
  ipAddress: string | null;
  userAgent: string | null;
  details: Record<string, unknown>;
}

/** A part of the events of one user, of one key or of all users. */
export interface EventSearch {
  /** The events that both ids match. Null matches every event. */
  of: { userId: string | null; apiKeyId: string | null };
  actions: readonly string[];
  /** Inclusive. Null for no bound. */
  from: Date | null;
  /** Exclusive. Null for no bound. */
  to: Date | null;
  after: Position | null;
}

const COLUMNS = Prisma.sql`id, user_id AS "userId", at, action, api_key_id AS "apiKeyId", ip_address AS "ipAddress",
  user_agent AS "userAgent", details`;

/** Events of one user, of one key and of all users are each in an index, in the order of the list. */
const NEWEST_FIRST = Prisma.sql`ORDER BY at DESC, id DESC`;

const olderThan = (after: Position | null) =>
  after ? Prisma.sql`AND (at, id) < (${after.at}::timestamptz, ${after.id}::uuid)` : Prisma.empty;

function examinedBy({ of: { userId, apiKeyId }, from, to, after }: EventSearch) {
  const ofUser = userId === null ? Prisma.sql`true` : Prisma.sql`user_id = ${userId}::uuid`;
  const owner = apiKeyId === null ? ofUser : Prisma.sql`api_key_id = ${apiKeyId}::uuid`;
  const since = from ? Prisma.sql`AND at >= ${from}::timestamptz` : Prisma.empty;
  const before = to ? Prisma.sql`AND at < ${to}::timestamptz` : Prisma.empty;
  return Prisma.sql`FROM audit_events WHERE ${owner} ${since} ${before} ${olderThan(after)} ${NEWEST_FIRST}`;
}

/**
 * Finds events, newest first, among the first LIST_LIMITS.examinedRowsMax that have the owner and the period. The limit inside
 * bounds the cost of a search for a rare action. The limit outside ends a search for a frequent action early.
 */
export function findEvents(database: Database, search: EventSearch, limit: number): Promise<StoredEvent[]> {
  const { userId } = search.of;
  const ofUser = userId === null ? Prisma.empty : Prisma.sql`AND user_id = ${userId}::uuid`;
  return database.$queryRaw<StoredEvent[]>`
    SELECT ${COLUMNS} FROM (SELECT * ${examinedBy(search)} LIMIT ${LIST_LIMITS.examinedRowsMax}) AS examined
    WHERE action = ANY(${[...search.actions]}::text[]) ${ofUser}
    ${NEWEST_FIRST} LIMIT ${limit}`;
}

/** Returns the position of the last event that a search examines. Null if it examines all events of the owner and the period. */
export async function findEndOfSearch(database: Database, search: EventSearch): Promise<Position | null> {
  const rows = await database.$queryRaw<Position[]>`
    SELECT at, id ${examinedBy(search)} OFFSET ${LIST_LIMITS.examinedRowsMax - 1} LIMIT 1`;
  return rows[0] ?? null;
}

/** Finds events of several keys in one query, at most `limit` of each key, newest first. */
export function findEventsOfKeys(
  database: Database,
  { apiKeyIds, actions, after, limit }: { apiKeyIds: readonly string[]; actions: readonly string[]; after: Position | null; limit: number },
): Promise<StoredEvent[]> {
  return database.$queryRaw<StoredEvent[]>`
    SELECT ${COLUMNS} FROM unnest(${[...apiKeyIds]}::uuid[]) AS wanted(key_id) CROSS JOIN LATERAL (
      SELECT * FROM audit_events
      WHERE api_key_id = wanted.key_id AND action = ANY(${[...actions]}::text[]) ${olderThan(after)}
      ${NEWEST_FIRST} LIMIT ${limit}) AS event
    ORDER BY at DESC, id DESC`;
}
