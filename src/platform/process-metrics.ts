import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Pool } from './database/pool.js';
import { droppedLogLines } from './log-output.js';
import type { HashQueue } from './queues/hash-queue.js';

/** What is measured in this process: that of Node (memory, event-loop delay, garbage collection), of the database's pools and of bcrypt. */
export function createMetrics(pools: Readonly<Record<string, Pool>>, queues: Readonly<Record<string, HashQueue>>): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'keyward_database_connections',
    help: 'Connections of each pool: all that are open, those of them that are idle, and the callers that wait for one.',
    labelNames: ['pool', 'state'],
    registers: [registry],
    collect() {
      for (const [pool, { totalCount, idleCount, waitingCount }] of Object.entries(pools)) {
        this.set({ pool, state: 'open' }, totalCount);
        this.set({ pool, state: 'idle' }, idleCount);
        this.set({ pool, state: 'waiting' }, waitingCount);
      }
    },
  });
  new Gauge({
    name: 'keyward_hashes',
    help: 'Passwords and new keys at bcrypt: those that are computed, and those that wait for their turn.',
    labelNames: ['queue', 'state'],
    registers: [registry],
    collect() {
      for (const [queue, { running, waiting }] of Object.entries(queues)) {
        this.set({ queue, state: 'running' }, running);
        this.set({ queue, state: 'waiting' }, waiting);
      }
    },
  });
  new Counter({
    name: 'keyward_log_lines_dropped_total',
    help: 'Log lines that were not written, because the reader of the log was too slow.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(droppedLogLines());
    },
  });
  return registry;
}

/** Counts the answers that told of an error. */
export type ErrorCounter = (code: string) => void;

/** @returns counts by code: limits that were reached and faults alike. A refused verification is no error, it has a count of its own. */
export function createErrorCounter(registry: Registry): ErrorCounter {
  const errors = new Counter({
    name: 'keyward_errors_total',
    help: 'Errors that were answered, by code: RATE_LIMITED, SERVICE_UNAVAILABLE, CONFLICT and all others.',
    labelNames: ['code'],
    registers: [registry],
  });
  return (code) => errors.inc({ code });
}
