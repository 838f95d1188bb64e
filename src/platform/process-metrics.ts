import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Pool } from './database/pool.js';
import { droppedLogLines } from './log-output.js';
import type { HashQueue } from './queues/hash-queue.js';

/** Creates the metrics of this process: of Node (memory, event-loop delay, garbage collection), database pools, bcrypt and the log. */
export function createMetrics(pools: Readonly<Record<string, Pool>>, queues: Readonly<Record<string, HashQueue>>): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'keyward_database_connections',
    help: 'Connections of each pool by state: open, those of them that are idle, and callers that wait for a connection.',
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
    help: 'Bcrypt hashes of passwords and of new keys by state: running or waiting.',
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
    help: 'Log lines that were dropped because the reader of the log was too slow.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(droppedLogLines());
    },
  });
  return registry;
}

/** Counts an error that was returned to a client. */
export type ErrorCounter = (code: string) => void;

/** Creates the counter of returned errors. A rejected verification is not an error; `keyward_verifications_total` counts it. */
export function createErrorCounter(registry: Registry): ErrorCounter {
  const errors = new Counter({
    name: 'keyward_errors_total',
    help: 'Errors that were returned to clients, by code.',
    labelNames: ['code'],
    registers: [registry],
  });
  return (code) => errors.inc({ code });
}
