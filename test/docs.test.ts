import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { SETTING_NAMES } from '../src/config.js';
import * as limits from '../src/limits.js';
import { ERROR_CODES } from '../src/platform/errors.js';

describe('the documentation', () => {
  test('docs/errors.md describes every code, and no other', () => {
    const described = [...readFileSync('docs/errors.md', 'utf8').matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code);
    const graphql = [
      'GRAPHQL_PARSE_FAILED',
      'GRAPHQL_VALIDATION_FAILED',
      'OPERATION_RESOLUTION_FAILURE',
      'PERSISTED_QUERY_NOT_SUPPORTED',
      'BAD_REQUEST',
    ];
    expect(described.sort()).toEqual([...ERROR_CODES, ...graphql].sort());
  });

  test('A12: docs/limits.md lists every limit of src/limits.ts with its value, and no other', () => {
    const listed = [...readFileSync('docs/limits.md', 'utf8').matchAll(/^\| `([A-Z_]+\.\w+)` \| ([^|]+) \|/gm)].map(([, name, value]) => [
      name,
      value,
    ]);
    const textOf = (value: number | { limit: number; windowSeconds: number }) =>
      typeof value === 'object' ? `${value.limit} in ${value.windowSeconds} s` : String(value);
    const declared = Object.entries(limits).flatMap(([section, values]) =>
      Object.entries(values).map(([name, value]) => [`${section}.${name}`, textOf(value)]),
    );
    expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(declared));
    expect(listed).toHaveLength(declared.length);
  });

  test('the README lists every setting', () => {
    const readme = readFileSync('README.md', 'utf8');
    const listed = [...readme.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
    expect(listed.sort()).toEqual([...SETTING_NAMES].sort());
  });
});
