import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { runDetached } from '../../../src/runtime/embedded-postgres/run-detached.js';
import { type RunAs, unprivilegedUser } from '../../../src/runtime/embedded-postgres/unprivileged-user.js';
import { freePort } from '../program.js';

type Programs = Record<'initdb' | 'pg_ctl', string>;

/** The shutdown modes of pg_ctl. `immediate` corresponds to a loss of power. */
export type StopMode = 'fast' | 'immediate';

/**
 * A separate PostgreSQL from the binaries of the embedded one, which can be stopped and started. It keeps its port. All
 * durability settings stay on, because what it acknowledged must exist after a crash.
 */
export class PostgresCluster {
  readonly port: number;
  readonly #directory: string;
  readonly #programs: Programs;
  readonly #user: RunAs;

  private constructor(parts: { port: number; directory: string; programs: Programs; user: RunAs }) {
    this.port = parts.port;
    this.#directory = parts.directory;
    this.#programs = parts.programs;
    this.#user = parts.user;
  }

  /** Creates and starts a cluster with these PostgreSQL settings. */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<PostgresCluster> {
    const programs = (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as Programs;
    const directory = await mkdtemp(path.join(tmpdir(), 'keyward-faults-'));
    const user = unprivilegedUser([programs.initdb, directory], null);
    if (user.owner) await chown(directory, user.owner.uid, user.owner.gid);
    const cluster = new PostgresCluster({ port: await freePort(), directory, programs, user });
    await cluster.#run('initdb', ['--username=keyward', '--auth=trust', '--no-sync', '--encoding=UTF8', '--locale=C']);
    await cluster.start(settings);
    return cluster;
  }

  async start(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    const all = {
      port: String(this.port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      shared_buffers: '32MB',
      ...settings,
    };
    const options = Object.entries(all).map(([name, value]) => `-c ${name}='${value}'`);
    const log = path.join(this.#directory, 'log');
    await this.#run('pg_ctl', ['start', '--wait', '--silent', `--log=${log}`, `--options=${options.join(' ')}`]);
  }

  /** Stops PostgreSQL, also with open connections. Resolves when it has stopped. */
  async stop(mode: StopMode): Promise<void> {
    await this.#run('pg_ctl', ['stop', '--wait', '--silent', `--mode=${mode}`]);
  }

  /** Stops PostgreSQL and starts it with the same settings. Resolves when it responds. */
  async restart(mode: StopMode): Promise<void> {
    await this.#run('pg_ctl', ['restart', '--wait', '--silent', `--mode=${mode}`, `--log=${path.join(this.#directory, 'log')}`]);
  }

  /** Ends PostgreSQL if it runs, and removes its data. */
  async destroy(): Promise<void> {
    await this.stop('immediate').catch(() => undefined);
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }

  /** Returns the URL of a database. `port` can be another port, such as that of a proxy. */
  url(database: string, { port = this.port, user = 'keyward' } = {}): string {
    return `postgresql://${user}@127.0.0.1:${port}/${database}`;
  }

  async connect(database = 'postgres', user = 'keyward'): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.url(database, { user }) });
    client.on('error', () => undefined); // PostgreSQL can be stopped while the client is connected.
    await client.connect();
    return client;
  }

  async query<Row extends pg.QueryResultRow>(database: string, sql: string, values: unknown[] = []): Promise<Row[]> {
    const client = await this.connect(database);
    try {
      return (await client.query<Row>(sql, values)).rows;
    } finally {
      await client.end();
    }
  }

  async #run(program: keyof Programs, args: string[]): Promise<void> {
    const command = this.#user.command(this.#programs[program], [`--pgdata=${path.join(this.#directory, 'data')}`, ...args]);
    const { code, output } = await runDetached(command, this.#directory);
    if (code !== 0) throw new Error(`${program} ${args[0]} ended with ${code}: ${output}`);
  }
}
