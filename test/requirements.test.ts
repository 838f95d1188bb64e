import { expect, test } from '@jest/globals';
// @ts-expect-error: a script, which has no types
import { requirementIds, untestedIds } from '../scripts/requirement-tests.mjs';

test('every promise of docs/security.md has a test that carries its id', () => {
  expect(requirementIds()).toHaveLength(59);
  expect(untestedIds()).toEqual([]);
});
