import type { ApiKey } from '../api-keys/api-key-service.js';
import type { User } from '../auth/accounts/users.js';
import type { OperatorService, UserOverview } from './operator-service.js';
import type { OutputRecord } from './output.js';

/** The status and the expiry of a key. */
export type KeyState = Awaited<ReturnType<OperatorService['stateOf']>>;

/** Returns the fields of a user to print. They contain no secret. */
export const userRecord = (user: User): OutputRecord => ({
  id: user.id,
  email: user.email,
  externalId: user.externalId,
  createdAt: user.createdAt,
  disabledAt: user.disabledAt,
  hasPassword: user.passwordHash !== null,
});

export async function* overviewRecords(overviews: AsyncIterable<UserOverview>): AsyncGenerator<OutputRecord> {
  for await (const { user, keys, policy } of overviews) yield { ...userRecord(user), keys, policy };
}

/** Returns the fields of a key to print. They contain no secret. */
export function keyRecord(key: ApiKey, { status, effectiveExpiresAt }: KeyState): OutputRecord {
  const { id, keyPrefix, displayPrefix, name, createdAt, expiresAt, revokedAt } = key;
  return { id, keyPrefix, displayPrefix, status, name, createdAt, expiresAt, effectiveExpiresAt, revokedAt };
}

/** Returns the fields of a key and of its owner, if the owner still exists. */
export const ownedKeyRecord = (key: ApiKey, state: KeyState, owner: User | null): OutputRecord => ({
  email: owner?.email ?? null,
  externalId: owner?.externalId ?? null,
  userId: key.userId,
  ...keyRecord(key, state),
});
