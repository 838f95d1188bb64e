import type { Registry } from 'prom-client';
import type { ImportFormRegistry } from '../api-keys/import-form-registry.js';
import type { ServiceTokenUses } from '../auth/service-tokens/service-token-use.js';
import type { TokenRejectionLog } from '../auth/token-rejection.js';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database/client.js';
import type { Pool } from '../platform/database/pool.js';
import type { Logger } from '../platform/logger.js';
import type { Budgets } from '../platform/rate-limit/window-counter.js';
import type { Sealing } from '../platform/sealing.js';
import { UsageRecorder } from '../usage/usage-recorder.js';
import { CachedLookup } from './cache/cached-lookup.js';
import { TriggerCheck } from './cache/trigger-check.js';
import { KeyLookup } from './key-lookup.js';
import { lookupEntryOf } from './lookup-entry.js';
import { PolicyEntries } from './policy-entry.js';
import { VerificationMetrics } from './verification-metrics.js';
import { Verifier } from './verifier.js';
import { VerifierAccess } from './verifier-access.js';

/** Rate limits of keys and of owners that one process counts at the same time. A counter takes about 200 bytes. */
const RATE_LIMITED_KEYS_MAX = 200_000;

interface Dependencies {
  config: { verificationCacheKeys: number; verifierTokens: readonly string[]; verificationIsRestricted: boolean };
  databaseUrl: string;
  clock: Clock;
  database: Database;
  mainPool: Pool;
  verificationPool: Pool;
  metrics: Registry;
  logger: Logger;
  budgetsOf(name: string, keysMax?: number): Budgets;
  importSealing: Sealing;
  importForms: ImportFormRegistry;
  serviceTokenUses: ServiceTokenUses;
  rejections: TokenRejectionLog;
  /** SQL condition under which the first use of a key is noted. */
  notesFirstUsesIf: string;
}

/** Creates the services that verify keys. */
export function createVerification(deps: Dependencies) {
  const { config, databaseUrl, clock, database, mainPool, verificationPool, metrics, logger, budgetsOf } = deps;
  const usage = new UsageRecorder({ pool: mainPool, logger, metrics, notesFirstUsesIf: deps.notesFirstUsesIf });
  const verificationMetrics = new VerificationMetrics(metrics);
  const policies = new PolicyEntries();
  const cachedKeys = new CachedLookup({
    url: databaseUrl,
    pool: verificationPool,
    logger,
    metrics,
    keysMax: config.verificationCacheKeys,
    sealing: deps.importSealing,
    install: (record) => lookupEntryOf(record, policies),
    observeBatch: (verifications) => verificationMetrics.batchSize.observe(verifications),
  });
  const keyLookup = new KeyLookup({
    keys: cachedKeys,
    pool: verificationPool,
    database,
    metrics: verificationMetrics,
    importForms: deps.importForms,
  });
  const rateLimits = budgetsOf('rate-limit', RATE_LIMITED_KEYS_MAX);
  const verifier = new Verifier({ keys: keyLookup, rateLimits, usage, metrics: verificationMetrics, clock, logger });
  const verifierAccess = new VerifierAccess({
    tokens: config.verifierTokens,
    isRestricted: config.verificationIsRestricted,
    lookup: cachedKeys,
    uses: deps.serviceTokenUses,
    rejections: deps.rejections,
    clock,
  });
  return { usage, cachedKeys, triggerCheck: new TriggerCheck(mainPool), keyLookup, verifier, verifierAccess };
}
