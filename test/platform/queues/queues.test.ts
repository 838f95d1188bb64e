import { availableParallelism } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { KEY_QUEUE_LIMITS, KEYED_QUEUE_LIMITS, PASSWORD_QUEUE_LIMITS } from '../../../src/platform/limits.js';
import { HashQueue, passwordQueueLimits, type Turn } from '../../../src/platform/queues/hash-queue.js';
import { KeyedQueue } from '../../../src/platform/queues/keyed-queue.js';

/** A task that ends when `release` is called. */
function heldTask() {
  let release = () => {};
  let running = false;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const task = async () => {
    running = true;
    await held;
  };
  return { task, release: () => release(), isRunning: () => running };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

const LIMITS = { concurrency: 1, waitingMax: 8, waitingPerNetworkMax: 4, waitingMsMax: 60_000, unknownShare: 4 };
const rejected = { code: 'SERVICE_UNAVAILABLE', details: { retryAfterSeconds: 5 } };

/** A queue with a clock that stands still, one running hash, and the order in which the other hashes started. */
function occupiedQueue(limits: Partial<typeof LIMITS> = {}) {
  let now = 0;
  const queue = new HashQueue({ ...LIMITS, ...limits }, () => now);
  const first = heldTask();
  const running = queue.run(first.task, { network: 'first' });
  const started: string[] = [];
  const add = (name: string, turn: Partial<Turn> = {}) =>
    queue.run(async () => void started.push(name), { network: name.split(' ')[0] ?? '', ...turn });
  const finish = async (added: Promise<unknown>[]) => {
    first.release();
    await running;
    await Promise.all(added);
    return started;
  };
  return { queue, add, finish, pass: (ms: number) => (now += ms) };
}

describe('HashQueue', () => {
  test('runs at most one task for each slot at a time, and the rest in order', async () => {
    const queue = new HashQueue({ ...LIMITS, concurrency: 2 });
    const tasks = Array.from({ length: 4 }, heldTask);
    const results = tasks.map(({ task }) => queue.run(task, { network: 'a' }));
    await settle();
    expect(tasks.map((task) => task.isRunning())).toEqual([true, true, false, false]);
    expect({ running: queue.running, waiting: queue.waiting }).toEqual({ running: 2, waiting: 2 });
    tasks[0]?.release();
    await settle();
    expect(tasks.map((task) => task.isRunning())).toEqual([true, true, true, false]);
    for (const task of tasks) task.release();
    await Promise.all(results);
    expect({ running: queue.running, waiting: queue.waiting }).toEqual({ running: 0, waiting: 0 });
  });

  test('A11: serves networks in turn, regardless of the order of arrival', async () => {
    const { add, finish } = occupiedQueue();
    const order = ['a 1', 'a 2', 'a 3', 'b 1', 'b 2', 'c 1'];
    expect(await finish(order.map((name) => add(name)))).toEqual(['a 1', 'b 1', 'c 1', 'a 2', 'b 2', 'a 3']);
  });

  test('A11: prefers a network that used the queue less than others, for as long as their use counts', async () => {
    const { add, finish, queue, pass } = occupiedQueue();
    await finish([]);
    for (const network of ['a', 'a', 'b']) await add(`${network} earlier`);
    const held = heldTask();
    const running = queue.run(held.task, { network: 'held' });
    const early = ['a 1', 'b 1', 'new 1'].map((name) => add(name));
    held.release();
    await running;
    expect((await finish(early)).slice(3)).toEqual(['new 1', 'b 1', 'a 1']);

    pass(10 * 60_000);
    const heldLater = heldTask();
    const runningLater = queue.run(heldLater.task, { network: 'held' });
    const late = ['a 2', 'b 2', 'new 2'].map((name) => add(name));
    heldLater.release();
    await runningLater;
    expect((await finish(late)).slice(6)).toEqual(['a 2', 'b 2', 'new 2']);
  });

  test('A11: among unused networks, prefers those of a provider that used the queue less', async () => {
    const { add, finish, queue } = occupiedQueue();
    await finish([]);
    await add('a', { provider: 'flood' });
    const held = heldTask();
    const running = queue.run(held.task, { network: 'held' });
    const added = [add('b', { provider: 'flood' }), add('c', { provider: 'flood' }), add('d', { provider: 'other' })];
    held.release();
    await running;
    expect((await finish(added)).slice(1)).toEqual(['d', 'b', 'c']);
  });

  test('A11: prefers known clients, and gives every fourth turn to unknown ones', async () => {
    const { add, finish } = occupiedQueue({ waitingMax: 100, waitingPerNetworkMax: 10 });
    const strangers = ['s 1', 's 2'].map((name) => add(name));
    const known = ['k 1', 'k 2', 'k 3', 'k 4', 'k 5', 'k 6', 'k 7'].map((name) => add(name, { known: true }));
    expect(await finish([...strangers, ...known])).toEqual(['k 1', 'k 2', 'k 3', 's 1', 'k 4', 'k 5', 'k 6', 's 2', 'k 7']);
  });

  test('A11: limits one network to its share of the waiting places', async () => {
    const { add, finish } = occupiedQueue();
    const added = Array.from({ length: 4 }, (_, index) => add(`a ${index}`));
    await expect(add('a 4')).rejects.toMatchObject(rejected);
    expect(await finish([...added, add('b 1')])).toEqual(['a 0', 'b 1', 'a 1', 'a 2', 'a 3']);
  });

  test('A11: when full, replaces the newest hash of the longest lane by a hash of a network that has fewer, and by no other', async () => {
    const { add, finish, queue } = occupiedQueue();
    const flood = ['a 1', 'a 2', 'a 3', 'a 4', 'b 1', 'b 2', 'b 3', 'b 4'].map((name) => add(name).catch(() => `${name} rejected`));
    const others = [add('c 1'), add('d 1')];
    expect(queue.waiting).toBe(8);
    expect((await Promise.all([finish(others), ...flood])).slice(1).filter(Boolean)).toEqual(
      expect.arrayContaining(['a 4 rejected', 'b 4 rejected']),
    );
  });

  test('A11: keeps a waiting place for a known client while 200 networks wait', async () => {
    const { add, finish } = occupiedQueue();
    const flood = Array.from({ length: 200 }, (_, index) =>
      add(`net${index} 1`).then(
        () => 'served',
        () => 'rejected',
      ),
    );
    const started = await finish([add('home 1', { known: true })]);
    expect(started[0]).toBe('home 1');
    const outcomes = await Promise.all(flood);
    expect(outcomes.filter((outcome) => outcome === 'served')).toHaveLength(7);
  });

  test('A11: rejects a hash that waited too long, which takes no turn', async () => {
    const { add, finish } = occupiedQueue({ waitingMsMax: 5 });
    await expect(add('a 1')).rejects.toMatchObject(rejected);
    expect(await finish([])).toEqual([]);
  });

  test('F5: when closed, finishes running hashes, and rejects waiting and new ones', async () => {
    const { add, finish, queue } = occupiedQueue();
    const waiting = [add('a 1'), add('a 2'), add('b 1', { known: true })].map((added) => expect(added).rejects.toMatchObject(rejected));
    queue.close();
    await Promise.all(waiting);
    await expect(add('c 1')).rejects.toMatchObject(rejected);
    expect(await finish([])).toEqual([]);
    expect({ running: queue.running, waiting: queue.waiting }).toEqual({ running: 0, waiting: 0 });
  });

  test('gives the slot of a failed hash to the next one', async () => {
    const queue = new HashQueue(LIMITS);
    await expect(queue.run(() => Promise.reject(new Error('no')), { network: 'a' })).rejects.toThrow('no');
    expect(await queue.run(async () => 'next', { network: 'a' })).toBe('next');
  });

  test('F7: passwords never take all threads: keys and imports have one each, and one core stays free', () => {
    const { concurrency } = passwordQueueLimits();
    expect(concurrency).toBe(Math.max(1, Math.min(availableParallelism() - 1, 2)));
    // libuv has 4 threads for all queues together.
    expect(PASSWORD_QUEUE_LIMITS.concurrencyMax + 2 * KEY_QUEUE_LIMITS.concurrency).toBeLessThanOrEqual(4);
  });
});

describe('KeyedQueue', () => {
  test('runs the tasks of one key one after another, in order, and those of another key concurrently', async () => {
    const queue = new KeyedQueue();
    const [first, second, other] = [heldTask(), heldTask(), heldTask()];
    const results = [queue.run('a', first.task), queue.run('a', second.task), queue.run('b', other.task)];
    await settle();
    expect([first, second, other].map((task) => task.isRunning())).toEqual([true, false, true]);
    first.release();
    await settle();
    expect(second.isRunning()).toBe(true);
    second.release();
    other.release();
    await Promise.all(results);
  });

  test('continues after a task that fails', async () => {
    const queue = new KeyedQueue();
    const failing = queue.run('a', () => Promise.reject(new Error('no')));
    const next = queue.run('a', async () => 'next');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('next');
  });

  test('rejects a task that waited more than 10 s for its turn, and continues with the next', async () => {
    let now = 0;
    const queue = new KeyedQueue(KEYED_QUEUE_LIMITS, () => now);
    const held = heldTask();
    const results = [queue.run('a', held.task), queue.run('a', async () => 'too late')];
    await settle();
    now = 10_001;
    const next = queue.run('a', async () => 'in time');
    held.release();
    await results[0];
    await expect(results[1]).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(await next).toBe('in time');
  });

  test('F2: when the database is unavailable for one task, rejects the waiting tasks at once, and later tasks try again', async () => {
    let now = 0;
    const queue = new KeyedQueue(KEYED_QUEUE_LIMITS, () => now);
    const held = heldTask();
    const away = queue.run('a', async () => {
      await held.task();
      throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    });
    const [waiting, other] = [heldTask(), heldTask()];
    const results = [queue.run('a', waiting.task), queue.run('b', other.task)];
    now = 3_000;
    held.release();
    await expect(away).rejects.toThrow('ECONNREFUSED');
    await expect(results[0]).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(waiting.isRunning()).toBe(false);
    other.release();
    await results[1];
    now = 3_001;
    expect(await queue.run('a', async () => 'again')).toBe('again');
  });

  test('rejects the thousand-and-first task of one key', async () => {
    const queue = new KeyedQueue();
    const held = heldTask();
    const results = Array.from({ length: 1_000 }, () => queue.run('a', held.task));
    await expect(queue.run('a', held.task)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    held.release();
    await Promise.all(results);
    expect(await queue.run('a', async () => 'again')).toBe('again');
  });
});
