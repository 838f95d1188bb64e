import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { RECOVERY_MS_MAX } from '../support/faults/asker.js';
import { errorCodesOf, graphql, send } from '../support/faults/client.js';
import { dataOf, everyRequest, newPerson, notUnavailable, type Person, recoveryMs } from '../support/faults/person.js';
import { DATABASE, type Stack, startStack } from '../support/faults/stack.js';

/** An ordinary role, because connections are reserved for a superuser. */
const ROLE = 'application';

const CONNECTIONS = 30;
/** PostgreSQL reserves three connections for superusers. */
const ORDINARY_CONNECTIONS = CONNECTIONS - 3;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ dbUser: ROLE, settings: { max_connections: String(CONNECTIONS) } });
});
afterAll(() => stack.stop());

const replica = () => stack.replicas[0];

describe('F3: the server', () => {
  let holders: pg.Client[] = [];
  beforeEach(() => {
    holders = [];
  });
  const release = () => Promise.all(holders.map((holder) => holder.end()));
  const lock = async (userIds: string[]) => {
    const holder = await stack.cluster.connect(DATABASE);
    holders.push(holder);
    await holder.query('BEGIN');
    await holder.query('SELECT FROM users WHERE id = ANY($1) FOR UPDATE', [userIds]);
  };
  const revoke = ({ key, token }: Person) =>
    graphql('mutation ($id: ID!) { revokeApiKey(id: $id) { apiKey { id } } }', { id: key.id }, token);

  test('returns 503 with Retry-After within 5 s while another transaction holds a lock, changes nothing, and succeeds afterwards', async () => {
    const person = await newPerson(replica());
    await lock([person.userId]);
    expect(await notUnavailable(replica(), [revoke(person)])).toEqual([]);
    await release();
    const { myApiKeys } = await dataOf<{ myApiKeys: unknown[] }>(
      send({ ...graphql('{ myApiKeys { id } }', {}, person.token), url: replica().url }),
    );
    expect(myApiKeys).toHaveLength(1);
    expect(errorCodesOf(await send({ ...revoke(person), url: replica().url }))).toEqual([]);
  });

  test('returns 503 with Retry-After within 5 s when no connection is left in the pool, and verifies keys by separate connections', async () => {
    const person = await newPerson(replica());
    await lock([person.userId]);
    // More than the connections of the pool: each of the first waits for the lock, and the others wait for a connection.
    const waiting = notUnavailable(
      replica(),
      Array.from({ length: 30 }, () => revoke(person)),
    );
    let isWaiting = true;
    void waiting.then(() => {
      isWaiting = false;
    });
    let verified = 0;
    while (isWaiting) {
      const reply = await send({ url: replica().url, path: '/verify', headers: { 'x-api-key': person.key.plaintextKey } });
      expect(reply.status).toBe(200);
      verified += 1;
    }
    expect(verified).toBeGreaterThan(20);
    expect(await waiting).toEqual([]);
    await release();
    expect(await recoveryMs(replica(), person)).toBeLessThan(RECOVERY_MS_MAX);
  });

  test('returns 503 with Retry-After within 5 s when no connection is left in PostgreSQL, and succeeds afterwards', async () => {
    const person = await newPerson(replica());
    const occupy = async () => {
      for (;;) {
        const holder = await stack.cluster.connect(DATABASE, ROLE).catch(() => null);
        if (!holder) return;
        holders.push(holder);
      }
    };
    // The server connects again at once, so it takes a few attempts to be there first.
    while (holders.length < ORDINARY_CONNECTIONS) {
      const terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'keyward%'";
      await Promise.all([stack.cluster.query('postgres', terminate), ...Array.from({ length: 10 }, occupy)]);
      // Without the connection that terminated the others.
      await occupy();
    }
    expect(await notUnavailable(replica(), everyRequest(person))).toEqual([]);
    await release();
    expect(await recoveryMs(replica(), await newPerson(replica()))).toBeLessThan(RECOVERY_MS_MAX);
  });
});
