import { describe, expect, test } from '@jest/globals';
import { checkImports } from '../scripts/check-imports.mjs';

const SCHEMA = [
  'model ApiKey {\n  id String @id\n  @@map("api_keys")\n}',
  'model User {\n  id String @id\n  @@map("users")\n}',
  'model Invoice {\n  id String @id\n}',
].join('\n\n');

/** A small tree that keeps every rule. */
const CLEAN = {
  'platform/clock.ts': 'export const now = () => 1;\n',
  'platform/http/server.ts': "import 'fastify';\nimport { now } from '../clock.js';\n",
  'audit/audit-recorder.ts': "import type { now } from '../platform/clock.js';\n",
  'auth/users.ts': "import '../audit/audit-recorder.js';\nexport const find = (db) => db.user.findUnique({ id: 1 });\n",
  'auth/user.graphql.ts': "import { ObjectType } from 'type-graphql';\n",
  'api-keys/api-key.queries.ts': 'export const find = (sql) => sql`\n  SELECT * FROM api_keys`;\n',
  'api-keys/api-key-service.ts': "import './api-key.queries.js';\nimport '../auth/users.js';\n",
  'api-keys/api-key.graphql.ts': "import 'type-graphql';\nimport '../auth/user.graphql.js';\n",
  'api-keys/api-key-resolver.ts': "import './api-key-service.js';\nimport './api-key.graphql.js';\n",
  'services.ts': "import './api-keys/api-key-service.js';\n",
  'app.ts': "import './services.js';\nimport 'fastify';\nimport './keyward-schema.js';\n",
  'keyward-schema.ts': "import './api-keys/api-key-resolver.js';\n",
};

function check(changes: Record<string, string> = {}): { problems: string[]; summary: string } {
  const sources = new Map(Object.entries({ ...CLEAN, ...changes }));
  const { problems, summary } = checkImports(sources, SCHEMA);
  return { problems: problems.map(({ file, line, message }) => `${file}:${line}: ${message}`), summary };
}

describe('the layout check', () => {
  test('accepts a tree that keeps every rule, and counts its imports', () => {
    const { problems, summary } = check();
    expect(problems).toEqual([]);
    expect(summary.split('\n')[0]).toBe('12 files, 12 imports, 3 between features, 0 climbing, 0 cycles');
  });

  test.each([
    [
      'a feature above',
      'auth/a.ts',
      "\nimport '../api-keys/api-key-service.js';",
      '2: imports api-keys/api-key-service.ts, which is not below auth',
    ],
    [
      'a type of a feature above',
      'auth/users.ts',
      "import type { A } from '../import/a.js';",
      '1: imports import/a.ts, which is not below auth',
    ],
    [
      'a feature from platform',
      'platform/a.ts',
      "export * from '../auth/users.js';",
      '1: imports auth/users.ts, which is not below platform',
    ],
    [
      'a feature beside it',
      'usage/a.ts',
      "await import('../audit/audit-recorder.js');",
      '1: imports audit/audit-recorder.ts, which is not below usage',
    ],
    ['the composition root', 'auth/a.ts', "import { a } from '../services.js';", '1: imports services.ts, which is not below auth'],
    [
      'another feature’s queries',
      'import/a.ts',
      "import '../api-keys/api-key.queries.js';",
      '1: imports api-keys/api-key.queries.ts, which belongs to api-keys alone',
    ],
    [
      'another feature’s resolver',
      'activity/b-resolver.ts',
      "import '../api-keys/api-key-resolver.js';",
      '1: imports api-keys/api-key-resolver.ts, which belongs to api-keys alone',
    ],
    [
      'GraphQL types in a service',
      'import/a.ts',
      "import '../auth/user.graphql.js';",
      '1: imports auth/user.graphql.ts, which belongs to auth alone',
    ],
    ['Fastify in a service', 'auth/a.ts', "import type { FastifyInstance } from 'fastify';", '1: is a service and imports fastify'],
    ['Apollo in a service', 'services.ts', "import '@apollo/server/plugin/x';", '1: is a service and imports @apollo/server/plugin/x'],
    [
      'platform/http in a service',
      'auth/a.ts',
      "import '../platform/http/server.js';",
      '1: is a service and imports platform/http/server.ts',
    ],
  ])('rejects an import of %s', (_case, file, source, found) => {
    expect(check({ [file]: source }).problems).toEqual([`${file}:${found}`]);
  });

  test('rejects a cycle, also one of types within a feature', () => {
    const { problems, summary } = check({ 'auth/a.ts': "import './b.js';", 'auth/b.ts': "\nimport type { A } from './a.js';" });
    expect(problems).toEqual(['auth/b.ts:2: auth/a.ts → auth/b.ts → auth/a.ts']);
    expect(summary).toContain('0 climbing, 1 cycles');
  });

  test.each([
    ['a Prisma model', 'const keys = await this.#db\n  .apiKey.findMany({});', '2: uses the table of ApiKey, which belongs to api-keys'],
    ['raw SQL', 'sql`SELECT 1\n  FROM users u`;', '2: uses the table of User, which belongs to auth'],
    ['a joined table', 'sql(\'UPDATE a SET b FROM x JOIN "users" u\');', '1: uses the table of User, which belongs to auth'],
    ['a model that no feature owns', 'db.invoice.create({});', '1: uses the table of Invoice, which has no owner'],
  ])('rejects the use of another feature’s table through %s', (_case, source, found) => {
    expect(check({ 'import/a.ts': source }).problems).toEqual([`import/a.ts:${found}`]);
  });

  test('lets the lookup of verification read keys and owners in one statement, and write neither', () => {
    const problemsOf = (text: string) => check({ 'verification/key-lookup.queries.ts': `export const sql = '${text}';` }).problems;
    expect(problemsOf('SELECT 1 FROM api_keys k JOIN users u')).toEqual([]);
    expect(problemsOf('UPDATE users SET email = NULL')).toHaveLength(1);
    expect(problemsOf('DELETE FROM api_keys')).toHaveLength(1);
  });

  test('accepts fields and sentences that only look like a table', () => {
    expect(check({ 'import/a.ts': 'event.apiKey.id; const text = "an update users asked for, FROM users_old";' }).problems).toEqual([]);
  });

  test('rejects a file in no layer', () => {
    expect(check({ 'helpers/a.ts': '' }).problems).toEqual(['helpers/a.ts:1: is in no layer']);
  });

  test('rejects long files and functions, also after characters of several bytes', () => {
    const body = '  call();\n'.repeat(59);
    const problems = check({
      'auth/long.ts': '//\n'.repeat(251),
      'auth/method.ts': `// é€\nclass A {\n  run() {\n${body}\n  }\n}\n`,
      'auth/short.ts': `const run = () => {\n${body.slice(10)}};\n`,
    }).problems;
    expect(problems).toEqual(['auth/long.ts:1: has 251 lines', 'auth/method.ts:3: run has 62 lines']);
  });

  test('rejects a median file of more than 60 lines', () => {
    const long = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`auth/${index}.ts`, 'a;\n'.repeat(61)]));
    expect(check(long).problems).toEqual([':1: the median file has 61 lines']);
  });
});
