import { expect, test } from '@jest/globals';
import { requirementIds, untestedIds } from '../scripts/requirement-tests.mjs';

test('every guarantee of docs/security.md has a test that contains its id', () => {
  expect(requirementIds()).toHaveLength(93);
  expect(untestedIds()).toEqual([]);
});
