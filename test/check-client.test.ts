import { describe, expect, test } from '@jest/globals';
import { checkClient } from '../scripts/check-client.mjs';

const check = (file: string, source: string, manifest = {}) => checkClient(new Map([[file, source]]), manifest);

describe('the check of the client', () => {
  test('accepts imports of Node and of its own files, and of graphql in the guard of Apollo Server', () => {
    expect(check('guard.ts', "import 'node:http';\nimport './verifier.js';\n")).toEqual([]);
    expect(check('apollo.ts', "import { GraphQLError } from 'graphql';\n")).toEqual([]);
  });

  test.each([
    ['a package', 'fastify.ts', "import Fastify from 'fastify';\n", 'client/src/fastify.ts:1: imports fastify'],
    ['graphql elsewhere', 'guard.ts', "\nimport 'graphql';\n", 'client/src/guard.ts:2: imports graphql'],
    ['the server', 'guard.ts', "import '../../src/config.js';\n", 'client/src/guard.ts:1: imports ../../src/config.js'],
    ['a long function', 'guard.ts', `export function long() {\n${'  a();\n'.repeat(60)}}\n`, 'client/src/guard.ts:1: long has 62 lines'],
    ['a long file', 'guard.ts', '// line\n'.repeat(251), 'client/src/guard.ts:1: has 251 lines'],
  ])('reports %s', (_case, file, source, problem) => {
    expect(check(file, source)).toEqual([problem]);
  });

  test('reports a dependency and a script of the package', () => {
    const manifest = { dependencies: { a: '1' }, scripts: { postinstall: 'x' } };
    expect(check('guard.ts', '', manifest)).toEqual(['client/package.json: has dependencies', 'client/package.json: has scripts']);
  });
});
