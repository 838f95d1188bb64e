import type { AuditRecorder } from '../../audit/audit-recorder.js';
import type { Clock } from '../../platform/clock.js';
import type { Database } from '../../platform/database/client.js';
import type { Logger } from '../../platform/logger.js';
import type { AppSecrets } from '../../platform/secrets.js';
import type { Users } from '../accounts/users.js';
import type { ProductUsers } from '../external/product-users.js';
import { PortalAuthenticator } from './portal-authenticator.js';
import { PortalOrigins } from './portal-origins.js';
import { PortalSessionPruning } from './portal-session-pruning.js';
import { PortalSessions } from './portal-sessions.js';
import { PortalTokens } from './portal-token.js';

interface Base {
  database: Database;
  clock: Clock;
  audit: AuditRecorder;
  logger: Logger;
  secrets: AppSecrets;
}

/** Creates the services of portal sessions. */
export function createPortalSessions(
  { database, clock, audit, logger, secrets }: Base,
  accounts: { users: Users; productUsers: ProductUsers },
) {
  const tokens = new PortalTokens({ keys: secrets.keysFor('portal-session'), clock });
  return {
    portalSessions: new PortalSessions({ database, clock, tokens, audit, logger, ...accounts }),
    portalAuthenticator: new PortalAuthenticator({ database, clock, tokens }),
    portalOrigins: new PortalOrigins({ database, logger }),
    portalSessionPruning: new PortalSessionPruning({ database, clock, logger }),
  };
}
