import { spawnSync } from 'node:child_process';
import { StartupError } from '../../platform/errors/keyward-error.js';
import type { Logger } from '../../platform/logger.js';

export interface Account {
  uid: number;
  gid: number;
}

/** How to run the programs of PostgreSQL, which refuse to run as root. */
export interface RunAs {
  /** Who must own the files they write; null where that is whoever runs this process. */
  owner: Account | null;
  /** The command to spawn, and as whom, to have `program` run with `args`. */
  command(program: string, args: string[]): { file: string; args: string[]; uid?: number; gid?: number };
  /** Logs as whom PostgreSQL runs, and with which capability, if that is not the user of this process. */
  report(logger: Logger): void;
}

const asIs: RunAs = { owner: null, command: (file, args) => ({ file, args }), report: () => undefined };

/** Debian's and most others' own account for PostgreSQL, else the one that owns nothing. */
const ACCOUNTS = ['postgres', 'nobody'];

function accountOf(name: string): Account | null {
  const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }));
  return uid?.status === 0 && gid?.status === 0 ? { uid: Number(uid.stdout), gid: Number(gid.stdout) } : null;
}

/** A folder must be passed through, a file be read. Access is tried as that user: modes alone do not tell (ACLs, mounts). */
const TRY_ACCESS = 'for path; do if [ -d "$path" ]; then [ -x "$path" ]; else [ -r "$path" ]; fi || exit 1; done';

function canReach(user: RunAs, paths: readonly string[]): boolean {
  const { file, args, ...ids } = user.command('/bin/sh', ['-c', TRY_ACCESS, 'sh', ...paths]);
  return spawnSync(file, args, { ...ids, cwd: '/' }).status === 0;
}

/**
 * Somebody unprivileged who may pass through directories that only root can enter (CAP_DAC_READ_SEARCH), such as a clone
 * under /root; it may read there and write nothing. `no_setuid_fixup` keeps access(2), which PostgreSQL asks before it
 * starts a program, from leaving the capability out of account. setpriv is part of util-linux, which every Linux has.
 */
function throughPrivateDirectories(owner: Account, paths: readonly string[]): RunAs {
  const capability = '+dac_read_search';
  const options = [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups', '--securebits=+no_setuid_fixup'];
  return {
    owner,
    command: (program, args) => ({
      file: 'setpriv',
      args: [...options, `--inh-caps=${capability}`, `--ambient-caps=${capability}`, '--', program, ...args],
    }),
    report: (logger) =>
      logger.info(
        { uid: owner.uid, capability: 'CAP_DAC_READ_SEARCH', paths },
        'PostgreSQL started as an unprivileged user that can read every file of this machine, because only root can enter the folders of these paths',
      ),
  };
}

/**
 * @param paths files that this user must be able to read, and folders that it must be able to enter
 * @param dataOwner who owns the data already, if there are any: PostgreSQL refuses anybody else's
 * @returns how to run PostgreSQL: as we are, or for root as an unprivileged user
 * @throws {StartupError} when we are root and so does the data, or no unprivileged user can reach the paths
 */
export function unprivilegedUser(paths: readonly string[], dataOwner: Account | null): RunAs {
  if (process.getuid?.() !== 0) return asIs;
  if (dataOwner?.uid === 0) {
    throw new StartupError(
      'The files of the embedded database belong to root, and PostgreSQL does not run as root. Restore them with their original owner (cp -a).',
    );
  }
  const owner = dataOwner ?? ACCOUNTS.map(accountOf).find((account) => account !== null);
  if (!owner)
    throw new StartupError(
      'PostgreSQL does not run as root, and no user "postgres" or "nobody" exists. Create one, or run Keyward as an ordinary user.',
    );
  const plain: RunAs = {
    owner,
    command: (file, args) => ({ file, args, ...owner }),
    report: (logger) => logger.info({ uid: owner.uid }, 'PostgreSQL started as an unprivileged user'),
  };
  if (canReach(plain, paths)) return plain;
  const passing = throughPrivateDirectories(
    owner,
    paths.filter((path) => !canReach(plain, [path])),
  );
  if (canReach(passing, paths)) return passing;
  throw new StartupError(
    `PostgreSQL does not run as root, and the user with ID ${owner.uid} cannot read ${paths.join(' or ')}. Run Keyward as an ordinary user, or move these files.`,
  );
}
