import { spawnSync } from 'node:child_process';
import { StartupError } from '../../platform/errors/keyward-error.js';
import type { Logger } from '../../platform/logger.js';

export interface Account {
  uid: number;
  gid: number;
}

/** How to run the programs of PostgreSQL, which do not run as root. */
export interface RunAs {
  /** Owner of the files of PostgreSQL. Null if that is the user of this process. */
  owner: Account | null;
  /** Returns the command and the user to spawn, so that `program` runs with `args`. */
  command(program: string, args: string[]): { file: string; args: string[]; uid?: number; gid?: number };
  /** Logs the user and the capability of PostgreSQL, if it is not the user of this process. */
  report(logger: Logger): void;
}

const asIs: RunAs = { owner: null, command: (file, args) => ({ file, args }), report: () => undefined };

/** The account of the PostgreSQL packages of most distributions, and the account that owns no files. */
const ACCOUNTS = ['postgres', 'nobody'];

function accountOf(name: string): Account | null {
  const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }));
  return uid?.status === 0 && gid?.status === 0 ? { uid: Number(uid.stdout), gid: Number(gid.stdout) } : null;
}

/** Checks that folders can be entered and files read. It runs as the user, because modes do not reflect ACLs and mounts. */
const TRY_ACCESS = 'for path; do if [ -d "$path" ]; then [ -x "$path" ]; else [ -r "$path" ]; fi || exit 1; done';

function canReach(user: RunAs, paths: readonly string[]): boolean {
  const { file, args, ...ids } = user.command('/bin/sh', ['-c', TRY_ACCESS, 'sh', ...paths]);
  return spawnSync(file, args, { ...ids, cwd: '/' }).status === 0;
}

/**
 * Returns how to run PostgreSQL as an unprivileged user with CAP_DAC_READ_SEARCH, which can enter directories that only root
 * can enter, such as a clone under /root. The user can read files there, but not write them. PostgreSQL calls access(2)
 * before it starts a program, and access(2) ignores capabilities without `no_setuid_fixup`. setpriv is part of util-linux.
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
 * Returns how to run PostgreSQL: as the user of this process, or as an unprivileged user if that is root.
 *
 * @param paths files that PostgreSQL must be able to read, and folders that it must be able to enter
 * @param dataOwner owner of an existing data directory, as which PostgreSQL must run; null for a new one
 * @throws {StartupError} if this process is root and the data belongs to root, or no unprivileged user can reach the paths
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
      `PostgreSQL does not run as root, and none of these users exists: ${ACCOUNTS.join(', ')}. Run Keyward as an ordinary user.`,
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
