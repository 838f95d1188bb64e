import type { EventEmitter } from 'node:events';
import pg from 'pg';

/** The parameter of libpq by which a connection string demands SCRAM. */
const REQUIRES_SCRAM = /[?&]require_auth=scram-sha-256(?:&|$)/;

/** Members of pg.Client that its types leave out. */
interface Internals {
  connection: EventEmitter & { stream: { destroy(error: Error): void }; password(password: unknown): void };
  /** Not null from the server's offer of SCRAM until its proof was checked. */
  saslSession: object | null;
}

/**
 * A client that honours `require_auth=scram-sha-256` in its connection string. pg alone sends the password in clear text to
 * any server that asks for it, and sends queries to any server that asks for no password. With SCRAM only proofs are sent,
 * and the server has to prove that it knows the password, too.
 */
export class ScramClient extends pg.Client {
  constructor(config: pg.ClientConfig = {}) {
    super(config);
    if (REQUIRES_SCRAM.test(config.connectionString ?? '')) requireScram(this as unknown as Internals);
  }
}

function requireScram(client: Internals): void {
  const { connection } = client;
  let hasProof = false;
  const refuse = () => {
    // It may follow in the same packet, and would start the queries.
    connection.removeAllListeners('readyForQuery');
    connection.stream.destroy(new Error('Connection terminated: the server did not authenticate by SCRAM'));
  };
  // Called for the clear text and MD5 methods alone.
  connection.password = refuse;
  connection.on('authenticationSASLFinal', () => {
    hasProof = true;
  });
  connection.on('authenticationOk', () => {
    if (!hasProof || client.saslSession !== null) refuse();
  });
}
