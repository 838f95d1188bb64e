import type { Registry } from 'prom-client';
import type { AuditRecorder } from '../audit/audit-recorder.js';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database/client.js';
import { createPool, type Pool, type PoolTimeouts } from '../platform/database/pool.js';
import type { Logger } from '../platform/logger.js';
import type { Cursors } from '../platform/pagination.js';
import { Sealing } from '../platform/sealing.js';
import type { AppSecrets } from '../platform/secrets.js';
import type { FirstUses } from '../usage/first-uses.js';
import { createNotices } from './create-notices.js';
import { EndpointHealth } from './endpoint-health.js';
import { SecretReencryption } from './secret-reencryption.js';
import { SettlementQueue } from './settlement-queue.js';
import { TargetRules } from './target-rules.js';
import { WebhookDeliveries } from './webhook-deliveries.js';
import { WebhookEndpoints } from './webhook-endpoints.js';
import { WebhookJobs } from './webhook-jobs.js';
import { WebhookMetrics } from './webhook-metrics.js';
import { WebhookClient } from './webhook-request.js';
import { WebhookSender } from './webhook-sender.js';

/** One connection claims, and another one stores outcomes. No request waits for them. */
const CONNECTIONS_MAX = 2;
const TIMEOUTS_MS = { connect: 1_500, lock: 2_000, statement: 5_000, query: 6_000 };

/** Creates the pool of the sender. Requests have their own connections. @param timeoutsMs other timeouts than the usual ones, for tests */
export const createWebhookPool = (url: string, logger: Logger, timeoutsMs: Partial<PoolTimeouts> = {}): Pool =>
  createPool(url, logger, {
    applicationName: 'keyward webhooks',
    connectionsMax: CONNECTIONS_MAX,
    timeoutsMs: { ...TIMEOUTS_MS, ...timeoutsMs },
  });

interface Base {
  database: Database;
  webhookPool: Pool;
  clock: Clock;
  audit: AuditRecorder;
  cursors: Cursors;
  metrics: Registry;
  logger: Logger;
  secrets: AppSecrets;
  config: { readonly webhookPrivateTargets: readonly string[]; readonly expiryNoticeDays: readonly number[] };
}

/** Creates the services of webhooks. */
export function createWebhooks(
  { database, webhookPool: pool, clock, audit, cursors, metrics: registry, logger, secrets, config }: Base,
  firstUses: FirstUses,
) {
  const sealing = new Sealing(secrets.keysFor('webhook-secrets'));
  const rules = new TargetRules(config.webhookPrivateTargets);
  const metrics = new WebhookMetrics(registry);
  const endpoints = new WebhookEndpoints({ database, clock, audit, logger, sealing, rules });
  const client = new WebhookClient(rules);
  const health = new EndpointHealth({ pool, clock, endpoints, logger });
  const settlements = new SettlementQueue({ pool, clock, health });
  const sender = new WebhookSender({ pool, clock, client, endpoints, sealing, settlements, health, metrics, logger });
  const webhookJobs = new WebhookJobs({ pool, clock, sender, metrics, logger });
  const noticeDays = config.expiryNoticeDays;
  const { noticeJob } = createNotices({ database, clock, logger, metrics: registry, firstUses, noticeDays });
  return {
    webhookEndpoints: endpoints,
    webhookDeliveries: new WebhookDeliveries({ database, clock, cursors, endpoints, logger }),
    secretReencryption: new SecretReencryption({ database, clock, sealing }),
    webhookSender: sender,
    webhookJobs,
    noticeJob,
    /** Stops the jobs, and waits for the running attempts. */
    async stopWebhooks(): Promise<void> {
      await Promise.all([sender.close(), webhookJobs.close(), noticeJob.close()]);
    },
  };
}
