import { describe, expect, test } from '@jest/globals';
import { isPart, partOf } from '../../src/api-keys/import-forms.js';

describe('the part of a key', () => {
  test.each([
    ['whole', 'a_b_c', 'a_b_c'],
    ['after-first:_', 'a_b_c', 'b_c'],
    ['after-last:_', 'a_b_c', 'c'],
    ['before-first:_', 'a_b_c', 'a'],
    ['before-last:_', 'a_b_c', 'a_b'],
    ['first:3', 'abcd', 'abc'],
    ['first:4', 'abcd', null],
    ['after-last:.', 'a_b_c', null],
    ['after-last:_', 'abc_', null],
    ['before-first:_', '_abc', null],
    ['after-first::', 'a:b', 'b'],
  ])('%s of %s is %s', (part, key, expected) => {
    expect([isPart(part), partOf(key, part)]).toEqual([true, expected]);
  });

  test.each(['', 'WHOLE', 'after-last:', 'after-last:__', 'after-last:|', 'first:0', 'first:100', 'first:-1', 'last:3'])(
    'is never %j',
    (part) => {
      expect(isPart(part)).toBe(false);
    },
  );
});
