import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { LoopTurns } from '../../src/platform/loop-turns.js';

describe('G3: tasks that arrive together', () => {
  test('share a turn of the event loop if they are cheap', async () => {
    const turns = new LoopTurns(() => 0);
    let passed = 0;
    const tasks = Array.from({ length: 20 }, async () => {
      await turns.pass();
      passed += 1;
    });
    await nextTurn();
    await nextTurn();
    expect(passed).toBe(20);
    await Promise.all(tasks);
  });

  test('have a turn each, in order, if one task takes as long as a turn', async () => {
    let now = 0;
    const turns = new LoopTurns(() => {
      now += 0.5;
      return now;
    });
    const order: string[] = [];
    const tasks = ['a', 'b', 'c'].map(async (name) => {
      await turns.pass();
      order.push(name);
    });
    const seen = new Set<number>();
    while (order.length < 3) {
      await nextTurn();
      seen.add(order.length);
    }
    await Promise.all(tasks);
    expect(order).toEqual(['a', 'b', 'c']);
    // Never two tasks between two checks of the event loop.
    expect([...seen].filter((count) => count > 0)).toEqual([1, 2, 3]);
  });

  test('wait after an expensive task for as long as it took', async () => {
    const turns = new LoopTurns();
    const at: number[] = [];
    const tasks = [0, 1].map(async () => {
      await turns.pass();
      at.push(performance.now());
      // Works in several microtasks, as a chain of promises does.
      for (let count = 0; count < 4; count += 1) {
        for (const until = performance.now() + 5; performance.now() < until; );
        await null;
      }
    });
    await Promise.all(tasks);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(39);
  });

  test('let tasks that arrive later run too', async () => {
    const turns = new LoopTurns();
    await turns.pass();
    await nextTurn();
    await nextTurn();
    await turns.pass();
  });
});
