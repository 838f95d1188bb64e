import { describe, expect, test } from '@jest/globals';
import { HashQueue } from '../../src/platform/hash-queue.js';
import { KeyedQueue } from '../../src/platform/keyed-queue.js';

/** A task that ends when it is told to. */
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

describe('HashQueue', () => {
  test('A10: runs so many at a time, keeps a bounded line, and refuses what is beyond it', async () => {
    const queue = new HashQueue(2);
    const tasks = Array.from({ length: 2 + 128 }, heldTask);
    const results = tasks.map(({ task }) => queue.run(task));
    await settle();
    expect(tasks.filter((task) => task.isRunning())).toHaveLength(2);
    await expect(queue.run(async () => 'late')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', details: { retryAfterSeconds: 5 } });

    for (const task of tasks) task.release();
    await Promise.all(results);
    expect(await queue.run(async () => 'again')).toBe('again');
  });

  test('F5: closed, it finishes what runs and refuses what waits', async () => {
    const queue = new HashQueue(1);
    const [running, waiting] = [heldTask(), heldTask()];
    const results = [queue.run(running.task), queue.run(waiting.task)];
    await settle();
    queue.close();
    running.release();
    await results[0];
    await expect(results[1]).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(waiting.isRunning()).toBe(false);
  });

  test('a hash that fails gives its place to the next', async () => {
    const queue = new HashQueue(1);
    await expect(queue.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await queue.run(async () => 'next')).toBe('next');
  });
});

describe('KeyedQueue', () => {
  test('runs the tasks of one key one after another, in order, those of another meanwhile', async () => {
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

  test('goes on after a task that fails', async () => {
    const queue = new KeyedQueue();
    const failing = queue.run('a', () => Promise.reject(new Error('no')));
    const next = queue.run('a', async () => 'next');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('next');
  });

  test('refuses a task whose turn comes after more than 10 s, and goes on with the next', async () => {
    let now = 0;
    const queue = new KeyedQueue(() => now);
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

  test('F2: when the database is away for one task, those that wait are refused at once, and later ones try again', async () => {
    let now = 0;
    const queue = new KeyedQueue(() => now);
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

  test('refuses the thousand-and-first task of one key', async () => {
    const queue = new KeyedQueue();
    const held = heldTask();
    const results = Array.from({ length: 1_000 }, () => queue.run('a', held.task));
    await expect(queue.run('a', held.task)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    held.release();
    await Promise.all(results);
    expect(await queue.run('a', async () => 'again')).toBe('again');
  });
});
