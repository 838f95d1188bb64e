import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { TOKEN_REJECTION_REASONS } from '../src/auth/token-rejection.js';
import { SETTING_NAMES } from '../src/config.js';
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

  test('docs/accounts.md describes every reason for rejecting a token, and no other', () => {
    const [, section = ''] = /\*\*Why a token is rejected\*\*([\s\S]*?)\n\n\*\*/.exec(readFileSync('docs/accounts.md', 'utf8')) ?? [];
    const described = [...section.matchAll(/^\| `([a-z ]+)` \| /gm)].flatMap(([, reason]) => (reason === 'reason' ? [] : [reason]));
    expect(described.sort()).toEqual([...TOKEN_REJECTION_REASONS].sort());
  });

  test('the README lists every setting', () => {
    const readme = readFileSync('README.md', 'utf8');
    const listed = [...readme.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
    expect(listed.sort()).toEqual([...SETTING_NAMES].sort());
  });
});
