import { setTimeout as sleep } from 'node:timers/promises';
import type { Findings } from './findings.js';
import type { Random } from './random.js';
import { DATABASE, type Stack } from './stack.js';

/** A disturbance of the stack. At its end it restores everything except what it broke. */
export type Fault = (parts: { stack: Stack; random: Random; findings: Findings; secondsMax: number }) => Promise<void>;

/** The longest duration of a stop (row F5). */
const STOP_MS_MAX = 10_000;

/** A disturbance without an event that ends it lasts for a random time of the soak. */
const lasting = ({ random, secondsMax }: { random: Random; secondsMax: number }) => sleep(random.between(1, secondsMax) * 1_000);

/** The disturbances of the soak, by the names under which they are counted. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  'connections cut': async ({ stack }) => stack.proxy.cut(),

  'network silent': async (parts) => {
    parts.stack.proxy.setMode('stall');
    await lasting(parts);
    parts.stack.proxy.setMode('forward');
  },

  'queries swallowed': async (parts) => {
    parts.stack.proxy.setMode('drop');
    await lasting(parts);
    parts.stack.proxy.setMode('forward');
  },

  'connections refused': async (parts) => {
    parts.stack.proxy.setMode('refuse');
    parts.stack.proxy.cut();
    await lasting({ ...parts, secondsMax: Math.min(3, parts.secondsMax) });
    parts.stack.proxy.setMode('forward');
  },

  'PostgreSQL restarted (immediate)': ({ stack }) => stack.cluster.restart('immediate'),

  'rows locked': async (parts) => {
    const holder = await parts.stack.cluster.connect(DATABASE);
    await holder.query('BEGIN');
    await holder.query('SELECT FROM users WHERE id IN (SELECT id FROM users ORDER BY id DESC LIMIT 100) FOR UPDATE');
    await lasting(parts);
    await holder.query('ROLLBACK');
    await holder.end();
  },

  'server killed (-9)': async ({ stack, random }) => {
    await random.pick(stack.replicas).restart('SIGKILL');
  },

  'server stopped (SIGTERM)': async ({ stack, random, findings }) => {
    const { code, ms } = await random.pick(stack.replicas).restart('SIGTERM');
    if (code !== 0 || ms > STOP_MS_MAX) findings.wrong(`a server stopped with ${code} after ${ms.toFixed(0)} ms`);
  },
};
