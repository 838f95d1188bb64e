import type pg from 'pg';
import { databaseFault } from '../../platform/database/database-errors.js';
import { ScramClient } from '../../platform/database/scram-client.js';
import { errorCode } from '../../platform/errors/error-code.js';
import { StartupError } from '../../platform/errors/keyward-error.js';

/** Key of the advisory lock that the server holds while it runs, so that only one server uses a data directory. `kwrd` in ASCII. */
const SERVER_LOCK = 0x6b777264;

/** A connection to the running PostgreSQL, and whether it holds the server's lock. */
export interface Attachment {
  client: pg.Client;
  holdsLock: boolean;
}

/**
 * Tries to take the server's lock on a connection that stays open. The kernel closes the connection when the process ends,
 * even if it is killed, and PostgreSQL then releases the lock.
 *
 * @returns the connection, and whether it holds the lock; null while the database is starting or stopping
 * @throws {StartupError} if the database rejects the password
 */
export async function takeServerLock(url: string): Promise<Attachment | null> {
  const client = new ScramClient({
    connectionString: url,
    application_name: 'keyward server lock',
    query_timeout: 5_000,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  client.on('error', () => undefined); // `end` follows, and callers listen for that.
  try {
    await client.connect();
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [SERVER_LOCK]);
    return { client, holdsLock: rows[0]?.taken === true };
  } catch (error) {
    if (errorCode(error) === '28P01') {
      throw new StartupError(
        'The embedded database rejects the password in secrets.json. Restore the secrets.json that belongs to this DATA_DIR.',
        { cause: error },
      );
    }
    if (databaseFault(error) !== 'unavailable') throw error;
    return null;
  }
}
