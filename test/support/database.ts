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
