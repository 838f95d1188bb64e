import type { EventEmitter } from 'node:events';
import pg from 'pg';

/** The parameter of libpq that requires SCRAM. */
const REQUIRES_SCRAM = /[?&]require_auth=scram-sha-256(?:&|$)/;

/** Members of pg.Client that its types lack. */
interface Internals {
  connection: EventEmitter & { stream: { destroy(error: Error): void }; password(password: unknown): void };
  /** Null before the server offers SCRAM, and after the client has verified the server's proof. */
  saslSession: object | null;
}

/**
 * A client that respects `require_auth=scram-sha-256` in its connection string. By itself, pg sends the password in clear
 * text to any server that requests it, and sends queries to a server that requests no password. With SCRAM, both sides
 * only send proofs that they know the password.
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
  const reject = () => {
    // readyForQuery may be in the same packet, and would start the queries.
    connection.removeAllListeners('readyForQuery');
    connection.stream.destroy(new Error('Connection terminated: the server did not authenticate by SCRAM'));
  };
  // pg calls this for the clear text and MD5 methods only.
  connection.password = reject;
  connection.on('authenticationSASLFinal', () => {
    hasProof = true;
  });
  connection.on('authenticationOk', () => {
    if (!hasProof || client.saslSession !== null) reject();
  });
}
