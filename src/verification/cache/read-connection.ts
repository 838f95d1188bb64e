import type pg from 'pg';
import type { PoolTimeouts } from '../../platform/database/pool.js';
import { ScramClient } from '../../platform/database/scram-client.js';
import type { Logger } from '../../platform/logger.js';
import type { Lane } from './protocol.js';
import { type LookupRead, type LookupReply, queryOf, replyOf } from './read.queries.js';

/** Interval between two attempts to connect. What waits is answered when an attempt fails. */
const RETRY_MS = 200;

export interface ReadConnectionOptions {
  url: string;
  lane: Lane;
  timeoutsMs: PoolTimeouts;
  logger: Logger;
  /** Runs on each new connection before it is used. If it fails, the connection is closed. */
  check(client: pg.ClientBase): Promise<void>;
  onConnected(): void;
  onReply(reply: LookupReply): void;
  /** The connection failed. Its read, if there was one, has no reply. */
  onLost(error: Error): void;
  /** An attempt to connect failed. */
  onUnreachable(error: Error): void;
}

/** One connection that is opened again after each failure. It carries one read at a time, by callbacks. */
export class ReadConnection {
  readonly #options: ReadConnectionOptions;
  #client: pg.Client | null = null;
  #isConnected = false;
  #isClosed = false;
  #isFailing = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ReadConnectionOptions) {
    this.#options = options;
  }

  /** The open connection, for other queries than reads. */
  get client(): pg.Client | null {
    return this.#isConnected ? this.#client : null;
  }

  open(): void {
    const { url, lane, timeoutsMs, check, onConnected, logger } = this.#options;
    const client = new ScramClient({
      connectionString: url,
      application_name: `keyward verification ${lane}`,
      connectionTimeoutMillis: timeoutsMs.connect,
      lock_timeout: timeoutsMs.lock,
      statement_timeout: timeoutsMs.statement,
      query_timeout: timeoutsMs.query,
      keepAlive: true,
    });
    this.#client = client;
    client.on('error', (error) => this.#fail(client, error));
    client.on('end', () => this.#fail(client, new Error('Connection terminated')));
    client
      .connect()
      .then(() => check(client))
      .then(
        () => {
          if (this.#client !== client) return;
          this.#isConnected = true;
          if (this.#isFailing) logger.info({ lane }, 'verification connection opened again');
          this.#isFailing = false;
          onConnected();
        },
        (error: Error) => this.#fail(client, error),
      );
  }

  /** Sends a read on the open connection, which carries no other one. */
  send(read: LookupRead): void {
    const client = this.#client;
    client?.query(queryOf(read), (error: Error | undefined, result: pg.QueryArrayResult<(string | null)[]>) => {
      if (this.#client !== client) return;
      if (error) {
        this.#fail(client, error);
        return;
      }
      const reply = replyOf(read, result.rows);
      this.#options.onReply(reply);
      // The name of the server may lead to the new primary at the next attempt.
      if (reply.isStandby) this.#fail(client, new Error('Connection terminated: the server is a standby'));
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = null;
    this.#isConnected = false;
    await client?.end().catch(() => undefined);
  }

  #fail(client: pg.Client, error: Error): void {
    if (this.#client !== client || this.#isClosed) return;
    const { lane, logger, onLost, onUnreachable } = this.#options;
    const wasConnected = this.#isConnected;
    this.#client = null;
    this.#isConnected = false;
    // With a query in flight the driver destroys the socket, and waits for nothing.
    void client.end().catch(() => undefined);
    if (!this.#isFailing) logger.warn({ err: error, lane }, 'verification connection lost');
    this.#isFailing = true;
    if (wasConnected) onLost(error);
    else onUnreachable(error);
    this.#timer = setTimeout(() => this.open(), wasConnected ? 0 : RETRY_MS);
  }
}
