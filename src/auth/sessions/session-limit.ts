import type { Transaction } from '../../platform/database/client.js';
import type { Prisma } from '../../platform/database/generated/client.js';
import { SIGN_IN_LIMITS } from '../../platform/limits.js';

export const NEWEST_FIRST: Prisma.SessionOrderByWithRelationInput[] = [{ createdAt: 'desc' }, { id: 'desc' }];

/**
 * Ends the oldest live sessions beyond the maximum number for each user, and deletes the oldest ended sessions, because their
 * number would grow with each sign-in. Must run in a transaction that holds the user's row locked, so that parallel sign-ins
 * count each other's sessions.
 *
 * @returns the number of sessions that were ended
 */
export async function endBeyondLimit(transaction: Transaction, userId: string, now: Date): Promise<number> {
  const live = { userId, endedAt: null, expiresAt: { gt: now } };
  const isBeyondLive = await beyond(transaction, live, SIGN_IN_LIMITS.liveSessionsPerUser);
  const { count } = isBeyondLive
    ? await transaction.session.updateMany({ where: { ...live, ...isBeyondLive }, data: { endedAt: now } })
    : { count: 0 };
  const ended = { userId, OR: [{ endedAt: { not: null } }, { expiresAt: { lte: now } }] };
  const isBeyondEnded = await beyond(transaction, ended, SIGN_IN_LIMITS.endedSessionsPerUser);
  if (isBeyondEnded) await transaction.session.deleteMany({ where: { AND: [ended, isBeyondEnded] } });
  return count;
}

/** Returns a condition for the sessions that are older than the newest `max` of those that match; null if no session is older. */
async function beyond(transaction: Transaction, where: Prisma.SessionWhereInput, max: number): Promise<Prisma.SessionWhereInput | null> {
  const [first] = await transaction.session.findMany({ where, orderBy: NEWEST_FIRST, skip: max, take: 1 });
  if (!first) return null;
  return { OR: [{ createdAt: { lt: first.createdAt } }, { createdAt: first.createdAt, id: { lte: first.id } }] };
}
