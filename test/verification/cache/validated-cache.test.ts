import { beforeEach, describe, expect, test } from '@jest/globals';
import { Entries } from '../../../src/verification/cache/entries.js';
import { type Change, type KeyRow, type Lane, type Read, type Reply, Unavailable } from '../../../src/verification/cache/protocol.js';
import { ValidatedCache } from '../../../src/verification/cache/validated-cache.js';

const DEADLINE = 4_000;
const change = (seq: number, named: Partial<Change> = {}): Change => ({
  seq,
  mark: `m${seq}`,
  keyId: null,
  ownerId: null,
  policyId: null,
  ...named,
});

let reads: Read[];
let cache: ValidatedCache<KeyRow, string>;
let answers: Record<string, string | null>;
beforeEach(() => {
  reads = [];
  answers = {};
  cache = new ValidatedCache({ send: (read) => void reads.push(read), install: ({ id }) => `value of ${id}`, entries: new Entries(1_000) });
  for (const lane of ['changes', 'rows'] as const) cache.connected(lane);
  cache.trust(true);
});

/** Asks under a name, by which the answer is stored. */
function ask(fingerprint: string, name = fingerprint, deadline = DEADLINE): void {
  cache.ask(fingerprint, deadline, (answer) => {
    expect(answers).not.toHaveProperty(name);
    answers[name] = answer instanceof Unavailable ? `unavailable: ${answer.reason}` : answer;
  });
}

/** Replies to a read as a server does that has every key with a fingerprint that begins with k. */
function reply(lane: Lane, changes: Change[], rest: Partial<Reply<KeyRow>> = {}): void {
  const read = reads.filter((each) => each.lane === lane).at(-1);
  const found = (read?.missing ?? []).filter((fingerprint) => fingerprint.startsWith('k'));
  const rows = new Map(found.map((fingerprint) => [fingerprint, { id: `id of ${fingerprint}`, ownerId: 'owner', policyId: null }]));
  cache.answer(lane, { isStandby: false, identity: 'server', changes, rows, ...rest });
}

/** Caches keys at change 1. */
function warm(...fingerprints: string[]): void {
  for (const fingerprint of fingerprints) ask(fingerprint, `first ${fingerprint}`);
  cache.flush();
  reply('rows', [change(1)]);
  reads = [];
  answers = {};
}

describe('a verification', () => {
  test('of a key that is not cached reads its row, and the next one reads changes only', () => {
    ask('k1');
    ask('k1', 'again');
    ask('unknown');
    cache.flush();
    reply('rows', [change(1)]);
    expect(answers).toEqual({ k1: 'value of id of k1', again: 'value of id of k1', unknown: null });
    ask('k1', 'cached');
    cache.flush();
    expect(reads).toEqual([
      { lane: 'rows', from: null, missing: ['k1', 'unknown'] },
      { lane: 'changes', from: change(1), missing: [] },
    ]);
    expect(answers).not.toHaveProperty('cached');
    reply('changes', [change(1)]);
    expect(answers).toHaveProperty('cached', 'value of id of k1');
  });

  test('of a cached key is answered while the rows of other keys are delayed', () => {
    warm('k1');
    ask('k2');
    cache.flush();
    ask('k1');
    cache.flush();
    reply('changes', [change(1)]);
    expect(answers).toEqual({ k1: 'value of id of k1' });
  });

  test('of a key that changed meanwhile reads its row', () => {
    warm('k1', 'k2');
    ask('k1');
    ask('k2');
    cache.flush();
    reply('changes', [change(1), change(2, { keyId: 'id of k1' })]);
    expect(answers).toEqual({ k2: 'value of id of k2' });
    cache.flush();
    expect(reads.at(-1)).toEqual({ lane: 'rows', from: change(2, { keyId: 'id of k1' }), missing: ['k1'] });
    reply('rows', [change(2)]);
    expect(answers).toHaveProperty('k1');
  });

  test('joins a read of rows if the connection for changes is lost', () => {
    warm('k1');
    cache.lost('changes');
    ask('k1');
    cache.flush();
    expect(reads).toEqual([{ lane: 'rows', from: change(1), missing: [] }]);
  });

  test('is unavailable on a standby, after the connection is lost, and if there is no connection', () => {
    ask('k1');
    cache.flush();
    reply('rows', [change(1)], { isStandby: true });
    ask('k2');
    cache.flush();
    cache.lost('rows');
    ask('k3');
    cache.unreachable();
    expect(answers).not.toHaveProperty('k3');
    cache.lost('changes');
    cache.unreachable();
    expect(answers).toEqual({ k1: 'unavailable: standby', k2: 'unavailable: no connection', k3: 'unavailable: no connection' });
  });

  test('is unavailable after its deadline, whether its read was sent or not, and is answered once', () => {
    ask('k1');
    cache.flush();
    ask('k2');
    ask('k3', 'k3', DEADLINE + 1);
    cache.expire(DEADLINE - 1);
    expect(answers).toEqual({});
    cache.expire(DEADLINE);
    reply('rows', [change(1)]);
    expect(answers).toEqual({ k1: 'unavailable: too late', k2: 'unavailable: too late' });
    expect(cache.waiting).toBe(1);
  });

  test('is unavailable if 10,000 wait', () => {
    let rejected = 0;
    for (let count = 0; count < 10_001; count += 1) {
      cache.ask(`k${count}`, DEADLINE, (answer) => {
        if (answer instanceof Unavailable && answer.reason === 'too many') rejected += 1;
      });
    }
    expect([cache.waiting, rejected]).toEqual([10_000, 1]);
  });
});

describe('a read', () => {
  test('looks up at most 256 keys, and the others follow in their order', () => {
    for (let count = 0; count < 300; count += 1) ask(`k${count}`);
    ask('k0', 'again');
    cache.flush();
    expect(reads[0]?.missing).toEqual(Array.from({ length: 256 }, (_, n) => `k${n}`));
    reply('rows', [change(1)]);
    cache.flush();
    expect(reads[1]?.missing).toEqual(Array.from({ length: 44 }, (_, n) => `k${n + 256}`));
    expect(answers).not.toHaveProperty('again');
    reply('rows', [change(1)]);
    expect(Object.keys(answers)).toHaveLength(301);
  });
});

describe('the cache is emptied', () => {
  test.each([
    ['after a change that names nothing', [change(1), change(2)], {}],
    ['if the position was pruned', [change(2, { keyId: 'other' })], {}],
    ['if no change is left', [], { identity: null }],
    ['if the position has another mark', [{ ...change(1), mark: 'other' }], {}],
    ['by another server', [change(1)], { identity: 'other' }],
    ['after more than 1,000 changes', Array.from({ length: 1_001 }, (_, n) => change(n + 1, { keyId: 'other' })), {}],
  ])('%s', (_, changes, rest) => {
    warm('k1', 'k2');
    ask('k1');
    cache.flush();
    reply('changes', changes, rest);
    expect([answers, cache.size]).toEqual([{}, 0]);
    cache.flush();
    expect(reads.at(-1)).toMatchObject({ lane: 'rows', missing: ['k1'] });
  });

  test('not by 1,000 changes of other keys, and not by a lost connection', () => {
    warm('k1');
    cache.lost('changes');
    cache.connected('changes');
    ask('k1');
    cache.flush();
    reply(
      'changes',
      Array.from({ length: 1_000 }, (_, n) => change(n + 1, { keyId: 'other' })),
    );
    expect(answers).toEqual({ k1: 'value of id of k1' });
  });

  test('and not used while changes are not recorded: each verification reads its row', () => {
    warm('k1');
    cache.trust(false);
    for (const name of ['one', 'two']) {
      ask('k1', name);
      cache.flush();
      reply('rows', [], { identity: null });
    }
    expect(reads).toEqual(Array(2).fill({ lane: 'rows', from: 'unfollowed', missing: ['k1'] }));
    expect(answers).toEqual({ one: 'value of id of k1', two: 'value of id of k1' });
    cache.trust(true);
    warm('k1');
    expect(cache.size).toBe(1);
  });
});

const keyOf = (name: string, ownerId: string, policyId: string | null = null): KeyRow => ({ id: `id ${name}`, ownerId, policyId });

describe('the entries', () => {
  test('drop the least recently used key, and all keys of a changed owner', () => {
    const entries = new Entries<string>(3);
    for (const name of ['a', 'b', 'c']) entries.install(name, keyOf(name, name === 'c' ? 'p' : 'o'), name);
    expect(entries.get('a')).toBe('a');
    entries.install('d', keyOf('d', 'o'), 'd');
    expect(['a', 'b', 'c', 'd'].filter((name) => entries.has(name))).toEqual(['a', 'c', 'd']);
    entries.drop(change(2, { ownerId: 'o' }));
    expect(['a', 'b', 'c', 'd'].filter((name) => entries.has(name))).toEqual(['c']);
    entries.install('a', keyOf('a', 'o'), 'new a');
    entries.drop(change(3, { ownerId: 'o' }));
    expect([entries.get('a'), entries.get('c')]).toEqual([undefined, 'c']);
  });

  test('drop all keys of the owners with a changed policy, and no others', () => {
    const entries = new Entries<string>(10);
    entries.install('a', keyOf('a', 'o', 'free'), 'a');
    entries.install('b', keyOf('b', 'p', 'free'), 'b');
    entries.install('c', keyOf('c', 'q', 'pro'), 'c');
    entries.install('d', keyOf('d', 'r'), 'd');
    entries.drop(change(2, { policyId: 'free' }));
    expect(['a', 'b', 'c', 'd'].filter((name) => entries.has(name))).toEqual(['c', 'd']);
    entries.install('a', keyOf('a', 'o', 'free'), 'new a');
    expect([entries.get('a'), entries.get('b')]).toEqual(['new a', undefined]);
    entries.drop(change(3, { policyId: 'free' }));
    expect(entries.get('a')).toBeUndefined();
  });

  test('of an owner with another policy than before are the new ones alone', () => {
    const entries = new Entries<string>(10);
    entries.install('a', keyOf('a', 'o', 'free'), 'a');
    entries.install('b', keyOf('b', 'o', 'pro'), 'b');
    expect(['a', 'b'].filter((name) => entries.has(name))).toEqual(['b']);
    entries.drop(change(2, { policyId: 'free' }));
    expect(entries.get('b')).toBe('b');
    entries.drop(change(3, { policyId: 'pro' }));
    expect(entries.get('b')).toBeUndefined();
  });

  test('hold one fingerprint of each key', () => {
    const entries = new Entries<string>(3);
    entries.install('old', keyOf('', 'o'), 'value');
    entries.install('new', keyOf('', 'o'), 'value');
    expect([entries.has('old'), entries.has('new'), entries.size]).toEqual([false, true, 1]);
    entries.drop(change(2, { keyId: 'id ' }));
    expect(entries.size).toBe(0);
  });
});
