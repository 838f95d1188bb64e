import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { RECOVERY_MS_MAX } from '../support/faults/asker.js';
import { ANSWER_MS_MAX, send } from '../support/faults/client.js';
import { everyRequest, newPerson, notUnavailable, recoveryMs } from '../support/faults/person.js';
import { DATABASE, type Stack, startStack } from '../support/faults/stack.js';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

const replica = () => stack.replicas[0];

/** Returns the connections that are idle in a transaction. */
const openTransactions = () =>
  stack.cluster.query('postgres', "SELECT state, query FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'");

describe('F2: requests while the network of the database is silent', () => {
  test.each([
    ['no byte passes', 'stall'],
    ['sent bytes are discarded', 'drop'],
  ] as const)('%s: every request ends within 5 s with 503, and requests succeed after the recovery', async (_how, mode) => {
    const person = await newPerson(replica());
    stack.proxy.setMode(mode);
    expect(await notUnavailable(replica(), everyRequest(person))).toEqual([]);
    // New connections replace those that timed out.
    expect(await notUnavailable(replica(), everyRequest(person))).toEqual([]);
    stack.proxy.setMode('forward');
    expect(await recoveryMs(replica(), await newPerson(replica()))).toBeLessThan(RECOVERY_MS_MAX);
    expect(await openTransactions()).toEqual([]);
  });

  test('end within 5 s in the middle of transactions, hashes and waiting creates, and leave no transaction open', async () => {
    const people = [await newPerson(replica()), await newPerson(replica()), await newPerson(replica())];
    // The transactions of one user wait for this lock, so that the network becomes silent in the middle of them.
    const holder = await stack.cluster.connect(DATABASE);
    await holder.query('BEGIN');
    await holder.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [people[0]?.userId]);
    const replies = people.flatMap((person) => everyRequest(person).map((question) => send({ ...question, url: replica().url })));
    const waiting = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'keyward' AND wait_event_type = 'Lock'";
    await eventually(async () => expect(await stack.cluster.query(DATABASE, waiting)).not.toEqual([]), { withinMs: 5_000 });
    stack.proxy.setMode('stall');
    await holder.query('ROLLBACK');
    await holder.end();
    const late = (await Promise.all(replies)).filter(({ ms, status }) => ms > ANSWER_MS_MAX || status === 0 || status === 500);
    stack.proxy.setMode('forward');
    expect(late).toEqual([]);
    expect(await recoveryMs(replica(), await newPerson(replica()))).toBeLessThan(RECOVERY_MS_MAX);
    expect(await openTransactions()).toEqual([]);
  });
});
