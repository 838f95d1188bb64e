import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RecencyMap } from '../../../src/platform/queues/recency-map.js';
import { WindowCounter } from '../../../src/platform/rate-limit/window-counter.js';
import { TestClock } from '../../support/test-clock.js';

const clock = new TestClock();

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function liveHeapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe('WindowCounter', () => {
  test('allows the limit, then nothing until the window that began with the first use ends', () => {
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

  test('releases what is returned, and no more than was used', () => {
    const counter = new WindowCounter({ clock });
    counter.giveBack('a');
    counter.spend('a', { limit: 1, windowSeconds: 60 });
    counter.giveBack('a');
    counter.giveBack('a');
    expect(counter.spend('a', { limit: 1, windowSeconds: 60 }).allowed).toBe(true);
    expect(counter.spend('a', { limit: 1, windowSeconds: 60 }).allowed).toBe(false);
  });

  test('consumes several limits together, or none of them if one has nothing left', () => {
    const counter = new WindowCounter({ clock });
    const [a, b] = [
      { key: 'a', budget: { limit: 1, windowSeconds: 60 } },
      { key: 'b', budget: { limit: 3, windowSeconds: 60 } },
    ];
    expect(counter.peekAll([a, b])).toMatchObject([
      { allowed: true, remaining: 1 },
      { allowed: true, remaining: 3 },
    ]);
    expect(counter.spendAll([a, b])).toMatchObject([
      { allowed: true, remaining: 0 },
      { allowed: true, remaining: 2 },
    ]);
    expect(counter.spendAll([a, b])).toMatchObject([
      { allowed: false, remaining: 0 },
      { allowed: true, remaining: 2 },
    ]);
    expect(counter.spend('b', b.budget).remaining).toBe(1);
  });

  test('applies a changed limit at once, and keeps what was used', () => {
    const counter = new WindowCounter({ clock });
    counter.spend('a', { limit: 5, windowSeconds: 60 });
    counter.spend('a', { limit: 5, windowSeconds: 60 });
    expect(counter.spend('a', { limit: 2, windowSeconds: 60 }).allowed).toBe(false);
    expect(counter.spend('a', { limit: 3, windowSeconds: 120 })).toMatchObject({ allowed: true, remaining: 0, resetsInSeconds: 120 });
    expect(counter.spend('a', { limit: 1, windowSeconds: 60 }).remaining).toBe(0);
  });

  test('opens a new window after the clock was set back, and not a window that never ends', () => {
    const moving = new TestClock();
    const counter = new WindowCounter({ clock: moving });
    counter.spend('a', { limit: 1, windowSeconds: 60 });
    moving.advanceSeconds(-3_600);
    expect(counter.spend('a', { limit: 1, windowSeconds: 60 })).toMatchObject({ allowed: true, resetsInSeconds: 60 });
  });

  test('A10: keeps no counter for released uses, so that free attempts never evict a counter', () => {
    const ONE = { limit: 1, windowSeconds: 60 };
    const full = new WindowCounter({ clock, keysMax: 101 });
    for (let index = 0; index < 100; index += 1) full.spend(`live ${index}`, ONE);
    for (let index = 0; index < 10_000; index += 1) {
      full.spend(`free ${index}`, ONE);
      full.giveBack(`free ${index}`);
    }
    for (let index = 0; index < 100; index += 1) expect(full.spend(`live ${index}`, ONE).allowed).toBe(false);
  });

  test('A10: keeps a counter near its limit, however many counters were used once', () => {
    const counter = new WindowCounter({ clock, keysMax: 100 });
    const TEN = { limit: 10, windowSeconds: 60 };
    for (let count = 0; count < 9; count += 1) counter.spend('guessed', TEN);
    for (let index = 0; index < 10_000; index += 1) counter.spend(`once ${index}`, TEN);
    expect(counter.spend('guessed', TEN)).toMatchObject({ allowed: true, remaining: 0 });
    expect(counter.spend('guessed', TEN).allowed).toBe(false);
  });

  test('F11: keeps no more counters than it may, also if one of several that are used together evicts another', () => {
    const TEN = { limit: 10, windowSeconds: 60 };
    const counter = new WindowCounter({ clock, keysMax: 1 });
    for (let count = 0; count < 2; count += 1) counter.spend('b', TEN);
    counter.spendAll(['a', 'b'].map((key) => ({ key, budget: TEN })));
    for (const key of ['c', 'd']) counter.spend(key, TEN);
    expect(['a', 'b', 'c', 'd'].filter((key) => counter.peek(key, TEN).remaining < TEN.limit)).toEqual(['d']);
  });

  test('evicts counters with an expired window first, regardless of their use', () => {
    const moving = new TestClock();
    const counter = new WindowCounter({ clock: moving, keysMax: 10 });
    const TEN = { limit: 10, windowSeconds: 60 };
    for (let index = 0; index < 10; index += 1) for (let count = 0; count < 9; count += 1) counter.spend(`old ${index}`, TEN);
    moving.advanceSeconds(61);
    for (let index = 0; index < 10; index += 1) counter.spend(`new ${index}`, TEN);
    for (let index = 0; index < 10; index += 1) expect(counter.spend(`new ${index}`, TEN).remaining).toBe(8);
  });

  test('F11: needs less than 100 MB for a million keys, and still counts those in use', () => {
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

test('RecencyMap finds the least recently set entry after any sequence of deletions, updates and additions', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('set', 'delete', 'oldest'), fc.integer({ min: 0, max: 5 }))), (steps) => {
      const map = new RecencyMap<number>();
      let model: string[] = [];
      for (const [step, number] of steps) {
        const key = String(number);
        if (step !== 'oldest') model = model.filter((other) => other !== key);
        if (step === 'set') model.push(key);
        if (step === 'set') map.set(key, number);
        if (step === 'delete') map.delete(key);
        expect(map.oldest()?.key).toBe(model[0]);
        expect(map.size).toBe(model.length);
      }
    }),
  );
});
