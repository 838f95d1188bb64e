import { open, stat } from 'node:fs/promises';
import { runSql } from './database.js';

/** PostgreSQL's log, to which each process of the server appends a statement before it executes it. */
const logFile = process.env.TEST_LOG_FILE ?? '';

/** Marks the start of an observation in the log, and shows whether the queries are logged. */
const MARKER = 'SELECT 1 AS "queries from here"';

/** Makes PostgreSQL log every statement on connections that are opened from now on. */
export async function logQueries(databaseUrl: string): Promise<void> {
  const name = new URL(databaseUrl).pathname.slice(1);
  await runSql(databaseUrl, `ALTER DATABASE ${name} SET log_statement = 'all'`);
  // The embedded database has a higher level, at which no statement is logged.
  await runSql(databaseUrl, `ALTER DATABASE ${name} SET log_min_messages = 'log'`);
}

async function readLogFrom(position: number): Promise<string> {
  const file = await open(logFile);
  try {
    const { size } = await file.stat();
    const { buffer } = await file.read(Buffer.alloc(size - position), 0, size - position, position);
    return buffer.toString('utf8');
  } finally {
    await file.close();
  }
}

/** Returns the statements in the log of one database, each with the name of the application that sent it. */
function statementsOf(log: string, database: string): { application: string; sql: string }[] {
  return log.split(/^(?=test_\w+\|)/m).flatMap((entry) => {
    const [, name, application = '', sql = ''] = /^(\w+)\|(.*?)\|LOG: {2}(?:statement|execute [^:]+): (.*)$/s.exec(entry) ?? [];
    return name === database ? [{ application, sql: sql.trimEnd().replaceAll('\n\t', '\n') }] : [];
  });
}

/** Returns the SQL that Keyward sent to the database of `app` while `action` ran. The app must have been started with `logQueries`. */
export async function queriesOf(app: { databaseUrl: string }, action: () => Promise<unknown>): Promise<string[]> {
  const { size } = await stat(logFile);
  await runSql(app.databaseUrl, MARKER);
  await action();
  const statements = statementsOf(await readLogFrom(size), new URL(app.databaseUrl).pathname.slice(1));
  const start = statements.findIndex(({ sql }) => sql === MARKER);
  if (start === -1) throw new Error('The queries of this database are not logged. Start the app with `logQueries`.');
  return statements
    .slice(start)
    .filter(({ application }) => application.startsWith('keyward'))
    .map(({ sql }) => sql);
}
