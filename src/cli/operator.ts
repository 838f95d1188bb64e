import { text } from 'node:stream/consumers';
import { ApiKeyQueries } from '../api-keys/api-key-queries.js';
import type { ApiKey } from '../api-keys/api-key-service.js';
import { ApiKeyService } from '../api-keys/api-key-service.js';
import { KeyFinder } from '../api-keys/key-finder.js';
import { KeyIssuer } from '../api-keys/key-issuer.js';
import { AuditLog } from '../audit/audit-log.js';
import { AccountDeletion } from '../auth/accounts/account-deletion.js';
import { ResetTokens } from '../auth/accounts/reset-tokens.js';
import { Users } from '../auth/accounts/users.js';
import { AccessTokens } from '../auth/sessions/access-token.js';
import { RefreshTokens } from '../auth/sessions/refresh-token.js';
import { Sessions } from '../auth/sessions/sessions.js';
import { systemClock } from '../platform/clock.js';
import { Cursors } from '../platform/pagination.js';
import { HashQueue } from '../platform/queues/hash-queue.js';
import { AppSecrets } from '../platform/secrets.js';
import { UsageService } from '../usage/usage-service.js';
import { OperatorService } from './operator-service.js';
import type { OutputRecord } from './output.js';
import type { CommandContext } from './run-command.js';

/** @returns what the operator's commands work with */
export function createOperator({ database, config, appSecrets, logger }: CommandContext): OperatorService {
  const clock = systemClock;
  const secrets = new AppSecrets(appSecrets);
  const cursors = new Cursors(secrets.keysFor('cursor'));
  const audit = new AuditLog({ database, clock, cursors, logger });
  const users = new Users(database);
  const accessTokens = new AccessTokens({ keys: secrets.keysFor('access-token'), clock, ttlSeconds: config.accessTokenTtlSeconds });
  const refreshTokens = new RefreshTokens(secrets.keysFor('refresh-token'));
  const issuer = new KeyIssuer({ users, hashes: new HashQueue(), namespace: config.keyNamespace });
  return new OperatorService({
    clock,
    users,
    sessions: new Sessions({ database, clock, accessTokens, refreshTokens, audit, ttlSeconds: config.refreshTokenTtlSeconds }),
    resetTokens: new ResetTokens({ database, clock }),
    deletion: new AccountDeletion({ usage: new UsageService(database), audit }),
    apiKeys: new ApiKeyService({ ...config, database, clock, users, issuer, audit, logger }),
    keyQueries: new ApiKeyQueries({ ...config, database, clock, cursors }),
    keyFinder: new KeyFinder(database),
    audit,
  });
}

/** What is told of a key. Nothing of it is secret. */
export const keyRecord = (key: ApiKey, operator: OperatorService): OutputRecord => ({
  id: key.id,
  keyPrefix: key.keyPrefix,
  status: operator.statusOf(key),
  name: key.name,
  createdAt: key.createdAt,
  expiresAt: key.expiresAt,
  revokedAt: key.revokedAt,
});

/** @returns the argument, or standard input where it is `-`: a key on the command line stays in the shell's history */
export const argumentOrInput = async (argument: string): Promise<string> => (argument === '-' ? text(process.stdin) : argument);
