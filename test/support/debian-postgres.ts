import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { unprivilegedUser } from '../../src/runtime/embedded-postgres/unprivileged-user.js';
import { freePort } from './program.js';

const PROGRAMS = '/usr/lib/postgresql/15/bin';

/** Starts Debian’s PostgreSQL 15 on a new data directory, to which every local user can connect. */
export async function startDebianPostgres(superuser = 'keyward'): Promise<{ url: string; stop(): void }> {
  const user = unprivilegedUser([PROGRAMS], null);
  const directory = mkdtempSync(path.join(tmpdir(), 'keyward-pg15-'));
  chmodSync(directory, 0o755);
  if (user.owner) chownSync(directory, user.owner.uid, user.owner.gid);
  const run = (program: string, ...programArgs: string[]) => {
    const { file, args, ...ids } = user.command(path.join(PROGRAMS, program), programArgs);
    // Not through pipes: the database, which keeps running, would hold them open.
    const { status } = spawnSync(file, args, { ...ids, cwd: directory, stdio: 'ignore' });
    if (status !== 0) throw new Error(`${program} failed with ${status}`);
  };
  const port = await freePort();
  run('initdb', '--pgdata=data', `--username=${superuser}`, '--auth=trust', '--encoding=UTF8', '--no-sync');
  const options = `-c port=${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''`;
  run('pg_ctl', 'start', '--pgdata=data', '--wait', '--log=log', `--options=${options}`);
  return {
    url: `postgresql://${superuser}@127.0.0.1:${port}/postgres`,
    stop: () => {
      run('pg_ctl', 'stop', '--pgdata=data', '--mode=fast');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
