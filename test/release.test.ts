import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { imageFiles } from '../scripts/release/contents.mjs';
import { releaseOf } from '../scripts/release/prepare-version.mjs';

const read = (file: string) => readFileSync(file, 'utf8');

describe('npm run release:prepare', () => {
  test('writes the version into every file that has it, and the date into the changelog', () => {
    const files = releaseOf(read, '9.8.7', '2026-12-01');
    const versionIn = (file: string) => (JSON.parse(files.get(file) ?? '') as { version: string }).version;
    expect(['package.json', 'package-lock.json', 'client/package.json'].map(versionIn)).toEqual(['9.8.7', '9.8.7', '9.8.7']);
    const lock = JSON.parse(files.get('package-lock.json') ?? '') as { packages: Record<string, { version: string }> };
    const before = JSON.parse(read('package-lock.json')) as typeof lock;
    expect(lock.packages).toEqual({ ...before.packages, '': { ...before.packages[''], version: '9.8.7' } });
    expect(files.get('docs/openapi.yaml')).toContain('\n  version: 9.8.7\n');
    expect(files.get('CHANGELOG.md')).toContain('\n## Unreleased\n\n## 9.8.7 - 2026-12-01\n');
  });

  test.each([
    ['0.2', '2026-12-01'],
    ['0.2.0', '1 December'],
    ['0.2.0', '2026-13-01'],
  ])('rejects the version %s with the date %s', (version, date) => {
    expect(() => releaseOf(read, version, date)).toThrow('Usage: npm run release:prepare -- VERSION YYYY-MM-DD');
  });
});

test('the image contains the server and the packages that it needs, and neither tests, sources nor tools', () => {
  const { files } = imageFiles();
  expect([...new Set(files.map((file) => file.split('/')[0]))]).toEqual([
    'assets',
    'bin',
    'console',
    'dist',
    'node_modules',
    'package.json',
    'prisma',
  ]);
  for (const tool of ['typescript', 'prisma', 'jest', '@biomejs/biome', 'publint', '@arethetypeswrong/cli']) {
    expect(files.filter((file) => file.startsWith(`node_modules/${tool}/`))).toEqual([]);
  }
});

test('the release workflow publishes both packages and the image with provenance, by jobs with the permissions that they need', () => {
  const workflow = read('.github/workflows/release.yml');
  expect(workflow.match(/npm publish --provenance/g)).toHaveLength(2);
  expect(workflow).toContain('provenance: mode=max');
  expect(workflow).toMatch(/^permissions:\n {2}contents: read\n/m);
  expect(workflow).not.toMatch(/NPM_TOKEN|NODE_AUTH_TOKEN/);
});
