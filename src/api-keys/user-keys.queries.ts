import type { Database } from '../platform/database/client.js';
import { Prisma } from '../platform/database/generated/client.js';
import type { Position } from '../platform/pagination.js';

/** Finds the positions of keys of several users in one query, with any status, at most `limit` of each user, newest first. */
export function findKeysOfUsers(
  database: Database,
  { userIds, after, limit }: { userIds: readonly string[]; after: Position | null; limit: number },
): Promise<(Position & { userId: string })[]> {
  const older = after ? Prisma.sql`AND (created_at, id) < (${after.at}::timestamptz, ${after.id}::uuid)` : Prisma.empty;
  return database.$queryRaw<(Position & { userId: string })[]>`
    SELECT wanted.user_id AS "userId", key.id, key.created_at AS at
    FROM unnest(${[...userIds]}::uuid[]) AS wanted(user_id) CROSS JOIN LATERAL (
      SELECT id, created_at FROM api_keys WHERE api_keys.user_id = wanted.user_id ${older}
      ORDER BY created_at DESC, id DESC LIMIT ${limit}) AS key
    ORDER BY key.created_at DESC, key.id DESC`;
}
