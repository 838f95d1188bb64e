import { describe, expect, test } from '@jest/globals';
import { timestampText } from '../../src/platform/timestamp.js';

const DAY_MS = 86_400_000;

describe('timestampText', () => {
  test('returns the text of Date for the first and the last timestamps of days, before and after 1970 and beyond the year 9999', () => {
    for (const day of [-719_529, -719_528, -1, 0, 1, 11_016, 11_017, 20_787, 2_932_896, 2_932_897, 8_640_000 - 1]) {
      for (const offset of [0, 1, 999, 1_000, 59_999, 60_000, 3_599_999, 3_600_000, DAY_MS - 1]) {
        const ms = day * DAY_MS + offset;
        expect(timestampText(ms)).toBe(new Date(ms).toISOString());
      }
    }
  });

  test('returns the text of Date for random times', () => {
    for (let round = 0; round < 10_000; round += 1) {
      const ms = Math.floor(Math.random() * 4e12);
      expect(timestampText(ms)).toBe(new Date(ms).toISOString());
    }
  });
});
