import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, jest, test } from '@jest/globals';
import { NEW_DOCUMENT_LIMITS } from '../../../src/platform/limits.js';
import { LoopTurns } from '../../../src/platform/queues/loop-turns.js';

const unlimited = { ...NEW_DOCUMENT_LIMITS, burstMs: 1e9 };
const rateLimited = expect.objectContaining({ code: 'RATE_LIMITED', details: { retryAfterSeconds: 1 } });

/** Turns of the event loop after which a test stops waiting. */
const TURNS_MAX = 10_000;

/** Occupies the event loop, in several microtasks as a chain of promises does. */
async function occupy(milliseconds: number): Promise<void> {
  for (let count = 0; count < 4; count += 1) {
    for (const until = performance.now() + milliseconds / 4; performance.now() < until; );
    await null;
  }
}

describe('G3: LoopTurns', () => {
  test('lets cheap tasks share a turn of the event loop', async () => {
    const turns = new LoopTurns(unlimited, () => 0);
    let passed = 0;
    const tasks = Array.from({ length: 20 }, async () => {
      await turns.pass('a', 1);
      passed += 1;
    });
    await nextTurn();
    await nextTurn();
    expect(passed).toBe(20);
    await Promise.all(tasks);
  });

  test('gives each task a turn of its own, in order, if a task takes the time of a turn', async () => {
    let now = 0;
    const turns = new LoopTurns(unlimited, () => {
      now += 0.5;
      return now;
    });
    const order: string[] = [];
    const tasks = ['a', 'b', 'c'].map(async (name) => {
      await turns.pass('network', 1);
      order.push(name);
    });
    const seen = new Set<number>();
    for (let turn = 0; turn < TURNS_MAX && order.length < 3; turn += 1) {
      await nextTurn();
      seen.add(order.length);
    }
    await Promise.all(tasks);
    expect(order).toEqual(['a', 'b', 'c']);
    // No two tasks passed between two observations.
    expect([...seen].filter((count) => count > 0)).toEqual([1, 2, 3]);
  });

  test('pauses twice as long as a costly task took', async () => {
    const turns = new LoopTurns(unlimited);
    const at: number[] = [];
    const tasks = ['a', 'b'].map(async (network) => {
      await turns.pass(network, 1);
      at.push(performance.now());
      await occupy(20);
    });
    await Promise.all(tasks);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(59);
  });

  test('a process that stood still during a task keeps the other tasks waiting no longer than a costly task does', async () => {
    let now = 0;
    const turns = new LoopTurns(NEW_DOCUMENT_LIMITS, () => now);
    const first = turns.pass('network', 1).then(() => {
      now += 60_000;
    });
    const second = turns.pass('network', 1);
    await first;
    await nextTurn();
    now += 100;
    expect(await second).toEqual({ isRejected: false });
  });

  test('rejects no task that could have no turn, because the event loop stood still for longer than a task may wait', async () => {
    const turns = new LoopTurns({ ...unlimited, waitingMsMax: 20 });
    const turn = turns.pass('network', 1);
    for (const until = performance.now() + 60; performance.now() < until; );
    expect(await turn).toEqual({ isRejected: false });
  });

  test('delays a network that used its share of time, and no other network', async () => {
    let now = 0;
    const limits = { ...unlimited, shareOfTime: 0.01, burstMs: 4 };
    const turns = new LoopTurns(limits, () => now);
    const order: string[] = [];
    const take = async (network: string) => {
      await turns.pass(network, 1);
      order.push(network);
      now += 5;
    };
    const tasks = [take('busy'), take('busy'), take('other')];
    for (let turn = 0; turn < TURNS_MAX && order.length < 2; turn += 1) {
      await nextTurn();
      now += 1;
    }
    expect(order).toEqual(['busy', 'other']);
    now += 1_000;
    await Promise.all(tasks);
    expect(order).toEqual(['busy', 'other', 'busy']);
  });

  /** @returns how many of ten tasks, sent together, ran before their network had used its time */
  async function countOf(isRejected: boolean): Promise<number> {
    let now = 0;
    let count = 0;
    const turns = new LoopTurns({ ...unlimited, burstMs: 3 }, () => now);
    const tasks = Array.from({ length: 10 }, async () => {
      const turn = await turns.pass('a', 1);
      turn.isRejected = isRejected;
      count += 1;
      now += 0.5;
    });
    const outcomes = Promise.allSettled(tasks);
    for (let turn = 0; turn < 100; turn += 1) await nextTurn();
    jest.advanceTimersByTime(unlimited.waitingMsMax);
    const reasons = (await outcomes).flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(reasons).toEqual(Array.from({ length: 10 - count }, () => rateLimited));
    return count;
  }

  test('counts a rejected task that others wait behind at a multiple of its time', async () => {
    // A real timer would reject tasks too early on a busy machine.
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    try {
      expect(await countOf(false)).toBe(8);
      expect(await countOf(true)).toBe(1);
    } finally {
      jest.useRealTimers();
    }
  });

  test.each([
    ['many tasks of its network', { waitingPerNetworkMax: 2 }, 'a'],
    ['many characters of its network', { waitingCharactersPerNetworkMax: 2 }, 'a'],
    ['many tasks', { waitingMax: 2 }, 'b'],
    ['many characters', { waitingCharactersMax: 2 }, 'b'],
  ])('rejects a task while too %s wait, and accepts it later', async (_case, limits, network) => {
    const turns = new LoopTurns({ ...unlimited, ...limits });
    const tasks = [turns.pass('a', 1), turns.pass('a', 1)];
    await expect(turns.pass(network, 1)).rejects.toEqual(rateLimited);
    await Promise.all(tasks);
    await expect(turns.pass(network, 1)).resolves.toEqual({ isRejected: false });
  });

  test('gives turns after it was idle', async () => {
    const turns = new LoopTurns(unlimited);
    await turns.pass('a', 1);
    await nextTurn();
    await nextTurn();
    await expect(turns.pass('a', 1)).resolves.toEqual({ isRejected: false });
  });
});
