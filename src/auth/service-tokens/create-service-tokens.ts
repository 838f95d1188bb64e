import type { AuditRecorder } from '../../audit/audit-recorder.js';
import type { Clock } from '../../platform/clock.js';
import type { Database } from '../../platform/database/client.js';
import type { Logger } from '../../platform/logger.js';
import type { Users } from '../accounts/users.js';
import { ServiceAuthenticator } from './service-authenticator.js';
import { ServiceTokenUses } from './service-token-use.js';
import { ServiceTokens } from './service-tokens.js';

interface Base {
  database: Database;
  clock: Clock;
  audit: AuditRecorder;
  logger: Logger;
}

/** Creates the services of service tokens. */
export function createServiceTokens({ database, clock, audit, logger }: Base, users: Users) {
  const serviceTokens = new ServiceTokens({ database, clock, audit, logger });
  const serviceTokenUses = new ServiceTokenUses({ database, clock, logger });
  const serviceAuthenticator = new ServiceAuthenticator({ serviceTokens, uses: serviceTokenUses, users, clock, logger });
  return { serviceTokens, serviceTokenUses, serviceAuthenticator };
}
