import { randomBytes } from 'node:crypto';
import pg from 'pg';

const templateUrl = process.env.TEST_TEMPLATE_URL ?? '';

export function urlOf(database: string): string {
  const url = new URL(templateUrl);
  url.pathname = `/${database}`;
  return url.href;
}

/** Runs one statement and disconnects. */
export async function runSql<Row extends pg.QueryResultRow>(url: string, sql: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

/** Returns the URL of a new database, with Keyward’s tables or empty. */
export async function newDatabase(content: 'migrated' | 'empty' = 'migrated'): Promise<string> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const template = content === 'migrated' ? new URL(templateUrl).pathname.slice(1) : 'template0';
  await runSql(urlOf('postgres'), `CREATE DATABASE ${name} TEMPLATE ${template}`);
  return urlOf(name);
}

/** Closes every connection and drops the database. */
export async function dropDatabase(url: string): Promise<void> {
  await runSql(urlOf('postgres'), `DROP DATABASE ${new URL(url).pathname.slice(1)} WITH (FORCE)`);
}

/** Returns the process ids of the connections that an application has to the database. */
export async function connectionsOf(url: string, application: string): Promise<number[]> {
  const sql = 'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1';
  return (await runSql<{ pid: number }>(url, sql, [application])).map(({ pid }) => pid);
}

/** Ends the connections that an application has to the database, and returns their process ids. */
export async function terminateConnections(url: string, application: string): Promise<number[]> {
  const pids = await connectionsOf(url, application);
  // With a timeout, the function returns after the end of the process.
  await runSql(url, 'SELECT pg_terminate_backend(pid, 5000) FROM unnest($1::int[]) AS pid', [pids]);
  return pids;
}
