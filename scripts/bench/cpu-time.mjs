// Reads the CPU time of processes from /proc, which only Linux has.
import { readdirSync, readFileSync } from 'node:fs';

/** The unit of /proc/PID/stat: USER_HZ is 100 on every platform of Node. */
const MICROSECONDS_PER_TICK = 10_000;

/**
 * @typedef {{ parent: number, own: number, ended: number }} Ticks own CPU time, and that of children that ended
 *
 * @param {number | string} pid
 * @returns {Ticks | null} null if there is no such process
 */
function ticksOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program is in parentheses, and may contain spaces and parentheses itself.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [, parent = 0] = fields;
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15);
    return { parent, own: user + system, ended: endedUser + endedSystem };
  } catch {
    return null;
  }
}

/**
 * Returns the CPU time of a process and its children, those that ended included, in microseconds. NaN if it is not known.
 *
 * @param {number | undefined} pid
 */
export function cpuMicroseconds(pid) {
  const process = pid === undefined ? null : ticksOf(pid);
  if (process === null) return Number.NaN;
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ticksOf(name))
    .filter((ticks) => ticks?.parent === pid)
    .reduce((sum, ticks) => sum + (ticks?.own ?? 0), 0);
  return (process.own + process.ended + children) * MICROSECONDS_PER_TICK;
}

/**
 * Returns the ID of the parent of a process. Undefined if it is not known.
 *
 * @param {number} pid
 */
export const parentOf = (pid) => ticksOf(pid)?.parent;
