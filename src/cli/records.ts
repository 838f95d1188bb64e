import type { ApiKey } from '../api-keys/api-key-service.js';
import type { User } from '../auth/accounts/users.js';
import type { OperatorService, UserOverview } from './operator-service.js';
import type { OutputRecord } from './output.js';

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
  for await (const { user, keys } of overviews) yield { ...userRecord(user), keys };
}

/** Returns the fields of a key to print. They contain no secret. */
export const keyRecord = (key: ApiKey, operator: OperatorService): OutputRecord => ({
  id: key.id,
  keyPrefix: key.keyPrefix,
  displayPrefix: key.displayPrefix,
  status: operator.statusOf(key),
  name: key.name,
  createdAt: key.createdAt,
  expiresAt: key.expiresAt,
  revokedAt: key.revokedAt,
});

/** Returns the fields of a key and of its owner, if the owner still exists. */
export const ownedKeyRecord = (key: ApiKey, owner: User | null, operator: OperatorService): OutputRecord => ({
  email: owner?.email ?? null,
  externalId: owner?.externalId ?? null,
  userId: key.userId,
  ...keyRecord(key, operator),
});
