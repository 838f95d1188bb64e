import { expect, test } from '@jest/globals';
import { OPEN_IDS, requirementIds, untestedIds } from '../scripts/requirement-tests.mjs';

test('every guarantee of docs/security.md has a test that contains its id', () => {
  expect(requirementIds()).toHaveLength(82);
  expect(untestedIds()).toEqual([]);
});

test('an id that is listed as open is not a guarantee of docs/security.md', () => {
  expect(requirementIds().filter((id) => OPEN_IDS.includes(id))).toEqual([]);
});
