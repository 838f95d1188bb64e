import { expect, test } from '@jest/globals';
import { LoopTurns } from '../../src/platform/loop-turns.js';

test('G3: of tasks that arrive together, each has a turn of the event loop of its own, in order', async () => {
  const turns = new LoopTurns();
  const order: string[] = [];
  const tasks = ['a', 'b', 'c'].map(async (name) => {
    await turns.pass();
    order.push(name);
  });
  for (const expected of [['a'], ['a', 'b'], ['a', 'b', 'c']]) {
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual(expected);
  }
  await Promise.all(tasks);
});
