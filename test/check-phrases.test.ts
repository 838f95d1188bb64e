import { describe, expect, test } from '@jest/globals';
import { checkText } from '../scripts/check-phrases.mjs';
import { EXEMPT, PHRASES } from '../scripts/lib/phrases.mjs';

const check = (file: string, text: string): string[] => checkText(file, text).map(({ line, kind, phrase }) => `${line} ${kind}: ${phrase}`);

describe('the phrase check', () => {
  test.each([
    ['a line comment', 'src/a.ts', 'const a = 1; // tells its owner\n', ['1 comment: tells']],
    ['a block comment', 'src/a.ts', '/**\n * Returns it.\n * @returns whose key it is\n */\n', ['3 comment: whose']],
    ['a phrase over two line comments', 'src/a.ts', '\n// It is looked for so\n  // often.\n', ['2 comment: so often']],
    ['a phrase over two lines of a block', 'scripts/a.mjs', '/* Redis is\n * away. */', ['1 comment: is away']],
    ['an error message', 'src/a.ts', "throw new Error('The key was refused.');\n", ['1 string: refused']],
    ['a template with values', 'src/a.ts', `log(\`\${n} keys\n were made\`);\n`, ['2 string: made']],
    ['a description in a decorator', 'src/a.ts', "@Field(() => ID, { description: 'Nobody knows.' }) id!: string;", ['1 string: Nobody']],
    ['a text in JSX', 'console/a.tsx', 'const a = <p>\n  Tell us more.\n</p>;\n', ['2 string: Tell', '2 string: us']],
    ['a test name', 'test/a.test.ts', "test('K1: lets nobody in', () => {});", ['1 test name: nobody', '1 test name: lets nobody in']],
    ['the name of a group of tests', 'test/a.test.ts', "describe.only('a good key', () => {});", ['1 test name: good']],
    ['the name of a table of tests', 'test/a.test.ts', "test.each([1, (2)])('is %s, so often', () => {});", ['1 test name: so often']],
    ['a row of a table of tests', 'test/a.test.ts', "test.each([\n  ['a fault', 'a door'],\n])('%s', f);", ['2 test name: fault']],
    ['a comment in a test', 'test/a.ts', '// our own\nconst a = "our own";\n', ['1 comment: our']],
    ['a comment in the Prisma schema', 'prisma/schema.prisma', 'model A {\n  /// Made once.\n  id String @id\n}\n', ['2 comment: Made']],
    ['Markdown', 'docs/a.md', '# Doors\n\nGo\non.\n', ['1 markdown: Doors', '3 markdown: Go on']],
    ['the text of a link', 'README.md', 'See [whose](https://told.test/moment) it is.\n', ['1 markdown: whose']],
    ['a comment of .env.example', '.env.example', '# One of ours.\nMOMENT=told\n', ['1 comment: of ours']],
    ['a comment in YAML', 'a.yml', 'a: "# told" # told\n# tells\n', ['1 comment: told', '2 comment: tells']],
    ['a comment in a shell script', '.ci/run', '#!/bin/sh\n# What has ended.\necho told\n', ['2 comment: has ended']],
    ['a comment in a Dockerfile', 'Dockerfile', '# Our image.\nFROM node\n', ['1 comment: Our']],
  ])('finds a phrase in %s', (_case, file, text, found) => {
    expect(check(file, text)).toEqual(found);
  });

  test('finds a phrase in a GraphQL description, and rejects its form', () => {
    const schema = [
      '"""A key that somebody holds."""',
      'type Key {',
      '  """',
      '  Of the key.',
      '  """',
      '  id: ID!',
      '  "the name"',
      '  name(',
      '    kind: Kind',
      '  ): String',
      '}',
      'enum Kind { A }',
    ];
    expect(check('schema.graphql', schema.join('\n'))).toEqual([
      '1 description: somebody',
      '4 description: starts with “Of”',
      '7 description: no capital letter at the start',
      '7 description: no full stop at the end',
      '7 description: fewer than 3 words',
      '9 description: kind has no description',
      '12 description: Kind has no description',
      '12 description: A has no description',
    ]);
  });

  test('finds Markdown lines of more than 100 columns, except for tables, links and code', () => {
    const wide = 'word '.repeat(21).trim();
    const link = `[a word](https://example.com/${'x'.repeat(100)}) here`;
    expect(check('docs/a.md', [wide, `| ${wide} |`, link, '```', wide, '```', 'word '.repeat(20)].join('\n'))).toEqual([
      '1 width: 104 columns',
    ]);
  });

  test('accepts clean text, code, names in code, and names in capitals', () => {
    expect(
      check('src/a.ts', "import { told } from './told.js';\n// Returns ACCESS_REFUSED and `refused`.\nconst good = 'door';\n"),
    ).toEqual([]);
    expect(check('src/a.ts', 'const rows = await sql`SELECT 1 -- we made this`;\nconst re = /so many/;\n')).toEqual([]);
    expect(check('src/a.ts', 'const sql = `\n  SELECT refused FROM t WHERE refused > 0`;\n')).toEqual([]);
    expect(check('test/a.ts', "test('rejects a revoked key', () => ask('whose key is it'));")).toEqual([]);
    expect(check('test/a.ts', "test.each([['a key', 'so many', ['a door']]])('rejects %s', (name) => expect(name));")).toEqual([]);
    expect(
      check('docs/a.md', '`told` and\n\n```sh\ntell us\n```\n\n<!-- we -->\n\nA `code span\nof ours` ends. Read our-page.md.\n'),
    ).toEqual([]);
    expect(check('schema.graphql', '"""An API key of a user."""\ntype ApiKey\ntype Query\n')).toEqual([]);
  });

  test('knows an alternative to each phrase, and exempts no file of src', () => {
    expect(PHRASES.length).toBeGreaterThanOrEqual(40);
    for (const [pattern, suggestion] of PHRASES)
      expect([pattern, suggestion]).toEqual([expect.stringMatching(/\w/), expect.stringMatching(/\w/)]);
    expect((EXEMPT as RegExp[]).some((pattern) => pattern.test('src/app.ts') || pattern.test('docs/errors.md'))).toBe(false);
  });

  test('names the file when its text has no end', () => {
    expect(() => check('src/a.ts', "const a = 'open\n")).toThrow('StringLiteral without an end');
  });
});
