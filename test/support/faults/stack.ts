import { randomBytes } from 'node:crypto';
import { PostgresCluster } from './postgres-cluster.js';
import { Replica } from './replica.js';
import { TcpProxy } from './tcp-proxy.js';

export const DATABASE = 'keyward';

/** Server processes over one separate PostgreSQL, with a proxy in between. */
export interface Stack {
  cluster: PostgresCluster;
  proxy: TcpProxy;
  replicas: [Replica, ...Replica[]];
  stop(): Promise<void>;
}

/** Starts a stack. `options.env` is the environment of the servers, `options.settings` are settings of PostgreSQL. */
export async function startStack(
  options: { replicas?: number; env?: Readonly<Record<string, string>>; settings?: Readonly<Record<string, string>>; dbUser?: string } = {},
): Promise<Stack> {
  const { replicas: count = 1, env = {}, settings = {}, dbUser = 'keyward' } = options;
  const cluster = await PostgresCluster.start(settings);
  const proxy = await TcpProxy.start(cluster.port);
  const replicas: Replica[] = [];
  const stop = async () => {
    await Promise.all(replicas.map((replica) => replica.stop('SIGKILL')));
    await proxy.stop();
    await cluster.destroy();
  };
  try {
    if (dbUser !== 'keyward') await cluster.query('postgres', `CREATE ROLE ${dbUser} LOGIN`);
    await cluster.query('postgres', `CREATE DATABASE ${DATABASE} OWNER ${dbUser}`);
    const databaseUrl = cluster.url(DATABASE, { port: proxy.port, user: dbUser });
    const all = { DATABASE_URL: databaseUrl, APP_SECRETS: randomBytes(32).toString('base64'), LOG_LEVEL: 'info', ...env };
    for (let index = 0; index < count; index += 1) replicas.push(await Replica.start(all));
  } catch (error) {
    await stop();
    throw error;
  }
  return { cluster, proxy, replicas: replicas as Stack['replicas'], stop };
}
