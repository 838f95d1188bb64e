import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { unprivilegedUser } from '../../src/runtime/embedded-postgres/unprivileged-user.js';
import { freePort } from './program.js';

const PROGRAMS = '/usr/lib/postgresql/15/bin';

export interface DebianPostgres {
  url: string;
  stop(): void;
  /** Stops the server, copies its data as an asynchronous standby would have them, and starts it again. */
  copyData(): void;
  /** Ends the server without a shutdown, and starts a standby with the copied data at its address. */
  failOver(): void;
  /** Promotes the standby to the primary. */
  promote(): void;
}

/** Starts Debian’s PostgreSQL 15 on a new data directory, to which every local user can connect. */
export async function startDebianPostgres(superuser = 'keyward'): Promise<DebianPostgres> {
  const user = unprivilegedUser([PROGRAMS], null);
  const directory = mkdtempSync(path.join(tmpdir(), 'keyward-pg15-'));
  chmodSync(directory, 0o755);
  if (user.owner) chownSync(directory, user.owner.uid, user.owner.gid);
  const execute = (program: string, ...programArgs: string[]) => {
    const { file, args, ...ids } = user.command(program, programArgs);
    // Not through pipes: the database, which keeps running, would hold them open.
    const { status } = spawnSync(file, args, { ...ids, cwd: directory, stdio: 'ignore' });
    if (status !== 0) throw new Error(`${program} failed with ${status}`);
  };
  const run = (program: string, ...programArgs: string[]) => execute(path.join(PROGRAMS, program), ...programArgs);
  const port = await freePort();
  run('initdb', '--pgdata=data', `--username=${superuser}`, '--auth=trust', '--encoding=UTF8', '--no-sync');
  const options = `-c port=${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''`;
  const start = () => run('pg_ctl', 'start', '--pgdata=data', '--wait', '--log=log', `--options=${options}`);
  const stop = (mode: 'fast' | 'immediate') => run('pg_ctl', 'stop', '--pgdata=data', `--mode=${mode}`);
  start();
  return {
    url: `postgresql://${superuser}@127.0.0.1:${port}/postgres`,
    stop: () => {
      stop('fast');
      rmSync(directory, { recursive: true, force: true });
    },
    copyData: () => {
      stop('fast');
      execute('/bin/cp', '-a', 'data', 'copy');
      start();
    },
    failOver: () => {
      stop('immediate');
      execute('/bin/rm', '-rf', 'data');
      execute('/bin/mv', 'copy', 'data');
      execute('/usr/bin/touch', 'data/standby.signal');
      start();
    },
    promote: () => run('pg_ctl', 'promote', '--pgdata=data', '--wait'),
  };
}
