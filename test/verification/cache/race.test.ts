import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type CacheRace, openCacheRace } from '../../support/cache-race.js';
import { dropDatabase, newDatabase } from '../../support/database.js';

/** RACE_CHANGES=5000 runs a longer race. */
const CHANGES = Number(process.env.RACE_CHANGES ?? 300);

let url: string;
let race: CacheRace;
beforeAll(async () => {
  url = await newDatabase();
  race = await openCacheRace(url);
});
afterAll(async () => {
  await race.close();
  await dropDatabase(url);
});

describe('two processes with a cache of their own', () => {
  const seedNumber = Math.floor(Math.random() * 1_000_000_000);

  test(
    `K5, P1: answer with the committed state right after each of ${CHANGES} changes was acknowledged (seed ${seedNumber})`,
    async () => {
      const { wrong, hits } = await race.run(CHANGES, seedNumber);
      expect(Object.entries(wrong).filter(([, number]) => number > 0)).toEqual([]);
      expect(Object.keys(wrong).length).toBeGreaterThan(13);
      // Without answers from memory the test would prove nothing.
      expect(hits).toBeGreaterThan(CHANGES);
    },
    60_000 + 500 * CHANGES,
  );

  test('return outdated answers if they do not follow the changes', async () => {
    expect(await race.countOutdated(seedNumber)).toBeGreaterThan(0);
  });
});
