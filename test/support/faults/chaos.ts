import { setTimeout as sleep } from 'node:timers/promises';
import type { Findings } from './findings.js';
import type { Random } from './random.js';
import { DATABASE, type Stack } from './stack.js';

/** A disturbance of the stack. At its end it restores everything except what it broke. */
export type Fault = (parts: { stack: Stack; random: Random; findings: Findings; secondsMax: number }) => Promise<void>;

/** The longest duration of a stop (row F5). */
const STOP_MS_MAX = 10_000;

/** A paused server answers when it continues. Its answers then still come in time. */
const PAUSE_SECONDS_MAX = 2;

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

  'feed silent': async (parts) => {
    parts.stack.proxy.stallOnly('keyward verification changes');
    await lasting(parts);
    parts.stack.proxy.setMode('forward');
  },

  'connections of verification terminated': async ({ stack }) => {
    const terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'keyward verification%'";
    await stack.cluster.query(DATABASE, terminate);
  },

  // The other server continues to change keys, and the changes that the paused one has not read are removed.
  'server paused (SIGSTOP) while changes are pruned': async ({ stack, random, secondsMax }) => {
    const { server } = random.pick(stack.replicas);
    server.child.kill('SIGSTOP');
    await sleep(random.between(1, Math.min(PAUSE_SECONDS_MAX, secondsMax)) * 1_000);
    await stack.cluster.query(DATABASE, 'DELETE FROM verification_changes WHERE seq < (SELECT max(seq) FROM verification_changes)');
    server.child.kill('SIGCONT');
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
