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
    const counter = new WindowCounter({ budget: 2, windowSeconds: 60, clock });
    expect(counter.spend('a')).toEqual({ allowed: true, retryAfterSeconds: 60 });
    clock.advanceSeconds(20);
    expect(counter.spend('a')).toEqual({ allowed: true, retryAfterSeconds: 40 });
    expect(counter.spend('a')).toEqual({ allowed: false, retryAfterSeconds: 40 });
    expect(counter.spend('b').allowed).toBe(true);
    clock.advanceSeconds(39.5);
    expect(counter.spend('a')).toEqual({ allowed: false, retryAfterSeconds: 1 });
    clock.advanceSeconds(0.5);
    expect(counter.spend('a')).toEqual({ allowed: true, retryAfterSeconds: 60 });
  });

  test('takes back what is given back, and no more than was spent', () => {
    const counter = new WindowCounter({ budget: 1, windowSeconds: 60, clock });
    counter.giveBack('a');
    counter.spend('a');
    counter.giveBack('a');
    counter.giveBack('a');
    expect(counter.spend('a').allowed).toBe(true);
    expect(counter.spend('a').allowed).toBe(false);
  });

  test('F11: a million keys take less than 100 MB, and those in use are still counted', () => {
    const counter = new WindowCounter({ budget: 3, windowSeconds: 60, clock });
    const before = liveHeapBytes();
    for (let index = 0; index < 1_000_000; index += 1) {
      counter.spend(`somebody-${index}@example.com 2001:db8::/64`);
      if (index % 10_000 === 0) counter.spend('in use');
    }
    expect(liveHeapBytes() - before).toBeLessThan(100_000_000);
    expect(counter.spend('in use').allowed).toBe(false);
  });
});
