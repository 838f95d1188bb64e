import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { WindowCounter } from '../../src/platform/window-counter.js';
import { TestClock } from '../helpers/test-clock.js';

const clock = new TestClock();

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function liveHeapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe('WindowCounter', () => {
  test('allows the budget, then nothing until the window that began with the first spending ends', () => {
    const TWO = { limit: 2, windowSeconds: 60 };
    const counter = new WindowCounter({ clock });
    expect(counter.spend('a', TWO)).toEqual({
      allowed: true,
      remaining: 1,
      resetsAt: new Date('2026-01-31T12:01:00.000Z'),
      resetsInSeconds: 60,
    });
    clock.advanceSeconds(20);
    expect(counter.spend('a', TWO)).toEqual({
      allowed: true,
      remaining: 0,
      resetsAt: new Date('2026-01-31T12:01:00.000Z'),
      resetsInSeconds: 40,
    });
    expect(counter.spend('a', TWO)).toEqual({
      allowed: false,
      remaining: 0,
      resetsAt: new Date('2026-01-31T12:01:00.000Z'),
      resetsInSeconds: 40,
    });
    expect(counter.spend('b', TWO).allowed).toBe(true);
    clock.advanceSeconds(39.5);
    expect(counter.spend('a', TWO)).toEqual({
      allowed: false,
      remaining: 0,
      resetsAt: new Date('2026-01-31T12:01:00.000Z'),
      resetsInSeconds: 1,
    });
    clock.advanceSeconds(0.5);
    expect(counter.spend('a', TWO)).toEqual({
      allowed: true,
      remaining: 1,
      resetsAt: new Date('2026-01-31T12:02:00.000Z'),
      resetsInSeconds: 60,
    });
  });

  test('takes back what is given back, and no more than was spent', () => {
    const counter = new WindowCounter({ clock });
    counter.giveBack('a');
    counter.spend('a', { limit: 1, windowSeconds: 60 });
    counter.giveBack('a');
    counter.giveBack('a');
    expect(counter.spend('a', { limit: 1, windowSeconds: 60 }).allowed).toBe(true);
    expect(counter.spend('a', { limit: 1, windowSeconds: 60 }).allowed).toBe(false);
  });

  test('a changed budget counts at once, with what was spent already', () => {
    const counter = new WindowCounter({ clock });
    counter.spend('a', { limit: 5, windowSeconds: 60 });
    counter.spend('a', { limit: 5, windowSeconds: 60 });
    expect(counter.spend('a', { limit: 2, windowSeconds: 60 }).allowed).toBe(false);
    expect(counter.spend('a', { limit: 3, windowSeconds: 120 })).toMatchObject({ allowed: true, remaining: 0, resetsInSeconds: 120 });
    expect(counter.spend('a', { limit: 1, windowSeconds: 60 }).remaining).toBe(0);
  });

  test('a clock that was set back opens a new window instead of one that lasts for ever', () => {
    const moving = new TestClock();
    const counter = new WindowCounter({ clock: moving });
    counter.spend('a', { limit: 1, windowSeconds: 60 });
    moving.advanceSeconds(-3_600);
    expect(counter.spend('a', { limit: 1, windowSeconds: 60 })).toMatchObject({ allowed: true, resetsInSeconds: 60 });
  });

  test('F11: a million keys take less than 100 MB, and those in use are still counted', () => {
    const counter = new WindowCounter({ clock });
    const THREE = { limit: 3, windowSeconds: 60 };
    const before = liveHeapBytes();
    for (let index = 0; index < 1_000_000; index += 1) {
      counter.spend(`somebody-${index}@example.com 2001:db8::/64`, THREE);
      if (index % 10_000 === 0) counter.spend('in use', THREE);
    }
    expect(liveHeapBytes() - before).toBeLessThan(100_000_000);
    expect(counter.spend('in use', THREE).allowed).toBe(false);
  });
});
