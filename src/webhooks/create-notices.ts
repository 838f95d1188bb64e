import type { Registry } from 'prom-client';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database/client.js';
import type { Logger } from '../platform/logger.js';
import type { FirstUses } from '../usage/first-uses.js';
import { ExpiryNotices } from './expiry-notices.js';
import { FirstUseNotices } from './first-use-notices.js';
import { NoticeJob } from './notice-job.js';
import { NoticeMetrics } from './notice-metrics.js';

interface Base {
  database: Database;
  clock: Clock;
  logger: Logger;
  metrics: Registry;
  firstUses: FirstUses;
  /** EXPIRY_NOTICE_DAYS, in descending order. */
  noticeDays: readonly number[];
}

/** Creates the search for keys that expire, have expired, or were used for the first time. */
export function createNotices({ database, clock, logger, metrics: registry, firstUses, noticeDays }: Base) {
  const metrics = new NoticeMetrics(registry);
  const expiryNotices = new ExpiryNotices({ database, clock, metrics, noticeDays });
  const firstUseNotices = new FirstUseNotices({ database, clock, metrics, firstUses });
  return { noticeJob: new NoticeJob({ expiryNotices, firstUseNotices, metrics, logger }) };
}
