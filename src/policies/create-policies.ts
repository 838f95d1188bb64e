import type { AuditRecorder } from '../audit/audit-recorder.js';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database/client.js';
import type { Logger } from '../platform/logger.js';
import { HighestKeysMax } from './highest-keys-max.js';
import { PolicyAdministration } from './policy-administration.js';

interface Base {
  database: Database;
  clock: Clock;
  audit: AuditRecorder;
  logger: Logger;
  config: { scopeCatalogue: readonly string[]; keysPerUserMax: number };
}

/** Creates the services of policies. */
export function createPolicies({ database, clock, audit, logger, config: { scopeCatalogue, keysPerUserMax } }: Base) {
  return {
    policies: new PolicyAdministration({ database, clock, audit, logger, scopeCatalogue }),
    highestKeysMax: new HighestKeysMax({ database, logger, keysPerUserMax }),
  };
}
