import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { TOKEN_REJECTION_REASONS } from '../src/auth/token-rejection.js';
import { ERROR_CODES } from '../src/platform/errors/keyward-error.js';
import * as limits from '../src/platform/limits.js';

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

  test('A12: docs/limits.md lists every limit of src/platform/limits.ts with its value, and no other', () => {
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

  test('docs/accounts.md describes every reason for rejecting a token, and no other', () => {
    const [, section = ''] = /\*\*Why a token is rejected\*\*([\s\S]*?)\n\n\*\*/.exec(readFileSync('docs/accounts.md', 'utf8')) ?? [];
    const described = [...section.matchAll(/^\| `([a-z ]+)` \| /gm)].flatMap(([, reason]) => (reason === 'reason' ? [] : [reason]));
    expect(described.sort()).toEqual([...TOKEN_REJECTION_REASONS].sort());
  });
});

describe('the documentation for a first reader', () => {
  test('the README has at most 120 lines', () => {
    expect(readFileSync('README.md', 'utf8').split('\n').length).toBeLessThanOrEqual(121);
  });

  test('every page is linked from docs/README.md', () => {
    const index = readFileSync('docs/README.md', 'utf8');
    const pages = readdirSync('docs', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md') && file !== 'README.md');
    expect(pages.length).toBeGreaterThan(15);
    expect(pages.filter((page) => !index.includes(`](${page})`))).toEqual([]);
  });
});

/** Paths that npm, the build, the tests or a server create. */
const CREATED = new Set(['node_modules', '.git', '.cache', 'dist', 'data', '.env', 'coverage']);

/** Lists files without Git, because a downloaded archive has no repository. */
const repositoryFiles = readdirSync('.', { withFileTypes: true })
  .filter(({ name }) => !CREATED.has(name))
  .flatMap((entry) =>
    entry.isDirectory()
      ? readdirSync(entry.name, { recursive: true, encoding: 'utf8' }).map((name) => path.posix.join(entry.name, name))
      : [entry.name],
  );
const documents = repositoryFiles.filter((file) =>
  /^(README|CHANGELOG|SECURITY|CONTRIBUTING|ARCHITECTURE)\.md$|^(docs|examples|assets|client)\/.*\.md$/.test(file),
);

/** Returns the anchors that GitHub creates from the headings of a document. */
function anchorsOf(markdown: string): Set<string> {
  const headings = [...withoutCode(markdown).matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = '']) => heading);
  const anchors = headings.map((heading) =>
    heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return new Set(anchors);
}

const withoutCode = (markdown: string): string => markdown.replace(/^```.*?^```$/gms, '');

/** Returns the links of a document to targets that do not exist in the repository. */
function danglingLinks(file: string): string[] {
  const markdown = withoutCode(readFileSync(file, 'utf8'));
  const targets = [...markdown.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [relative = '', anchor] = target.split('#');
    const linked = relative === '' ? file : path.join(path.dirname(file), relative);
    if (!existsSync(linked)) return true;
    return anchor !== undefined && !anchorsOf(readFileSync(linked, 'utf8')).has(anchor);
  });
}

const FILE_NAME = /^(?:[\w.@-]+\/)*[\w.-]+\.(?:md|mjs|cjs|js|ts|tsx|json|ya?ml|conf|graphql|prisma|sql|txt|pml|sh)$/;

/** Names that are created by users, by the build or at run time, and words that only look like file names. */
const NOT_IN_THE_REPOSITORY = new Set([
  'dist/main.js',
  'export.sql',
  'secrets.json',
  'data-0.1.0/secrets.json',
  'jwks.json',
  'pg_hba.conf',
  'DATA_DIR/secrets.json',
  '10-million-password-list-top-1000000.txt',
  'npm-shrinkwrap.json',
  'sbom.cdx.json',
  'image-files.txt',
  'report.json',
]);

/** Returns the file names in a document, in code spans and in capitals, that do not exist in the repository. */
function unknownFiles(file: string): string[] {
  const markdown = withoutCode(readFileSync(file, 'utf8'));
  const spans = [...markdown.matchAll(/`([^`\n]+)`/g)].flatMap(([, span = '']) => span.split(/\s+/));
  const capitals = [...markdown.matchAll(/\b[A-Z][A-Z_-]+\.md\b/g)].map(([name]) => name);
  const names = new Set([...spans, ...capitals].filter((word) => FILE_NAME.test(word)));
  return [...names].filter((name) => {
    if (NOT_IN_THE_REPOSITORY.has(name)) return false;
    return !repositoryFiles.some((known) => known === name || known.endsWith(`/${name}`));
  });
}

describe('references in the documentation', () => {
  test.each(documents)('%s: every link and anchor exists', (file) => {
    expect(danglingLinks(file)).toEqual([]);
  });

  test.each(documents)('%s: every file that it names exists', (file) => {
    expect(unknownFiles(file)).toEqual([]);
  });

  test('no document and no comment refers to papers that are not published', () => {
    const texts = repositoryFiles.filter((file) =>
      /^[\w.]+\.(md|example|yml|yaml)$|^(docs|examples|src|deploy|scripts)\/.*\.\w+$/.test(file),
    );
    const papers = /\b(?:the|our|this) (?:contract|peers|brief)\b|\b(?:DESIGN|REQUIREMENTS|STYLE)\.md\b/i;
    const found = texts.flatMap((file) => {
      const lines = readFileSync(file, 'utf8').split('\n');
      return lines.flatMap((line, index) => (papers.test(line) ? [`${file}:${index + 1}`] : []));
    });
    expect(found).toEqual([]);
  });
});
