import type pg from 'pg';
import { databaseFault } from '../../platform/database/database-errors.js';
import { ScramClient } from '../../platform/database/scram-client.js';
import { StartupError } from '../../platform/errors/keyward-error.js';

/** Held by the server for its whole life: another process on the same data directory finds it taken. `kwrd` in ASCII. */
const SERVER_LOCK = 0x6b777264;

/** A connection to the running PostgreSQL, and whether it holds the server's lock. */
export interface Attachment {
  client: pg.Client;
  holdsLock: boolean;
}

/**
 * Takes the server's lock, if nobody has it, on a connection that is kept for it: the kernel closes it when we die, however
 * we die, and with it goes the lock.
 *
 * @returns null while the database is starting or stopping
 */
export async function takeServerLock(url: string): Promise<Attachment | null> {
  const client = new ScramClient({
    connectionString: url,
    application_name: 'keyward server lock',
    query_timeout: 5_000,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  client.on('error', () => undefined); // `end` follows and is what counts
  try {
    await client.connect();
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [SERVER_LOCK]);
    return { client, holdsLock: rows[0]?.taken === true };
  } catch (error) {
    if ((error as { code?: unknown }).code === '28P01') {
      throw new StartupError(
        'the embedded database refuses the password in secrets.json of DATA_DIR: restore the file that belongs to it',
        { cause: error },
      );
    }
    if (databaseFault(error) !== 'unavailable') throw error;
    return null;
  }
}
