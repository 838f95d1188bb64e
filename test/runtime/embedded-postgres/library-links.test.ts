import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { StartupError } from '../../../src/platform/errors/keyward-error.js';
import { createLibraryLinks } from '../../../src/runtime/embedded-postgres/library-links.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'keyward-links-'));
  mkdirSync(path.join(folder, 'native/lib'), { recursive: true });
  writeFileSync(path.join(folder, 'native/lib/libpq.so.5.18'), 'library');
  const links = ['libpq.so', 'libpq.so.5'].map((name) => ({ source: 'native/lib/libpq.so.5.18', target: `native/lib/${name}` }));
  writeFileSync(path.join(folder, 'native/pg-symlinks.json'), JSON.stringify(links));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const library = () => readFileSync(path.join(folder, 'native/lib/libpq.so'), 'utf8');

describe('createLibraryLinks', () => {
  test('creates the links that no install script has created, also if several processes start at the same time', async () => {
    await Promise.all(Array.from({ length: 5 }, () => createLibraryLinks(folder)));
    expect(library()).toBe('library');
    expect(readlinkSync(path.join(folder, 'native/lib/libpq.so.5'))).toBe('libpq.so.5.18');
    await createLibraryLinks(folder);
  });

  test('does nothing for a package without links', async () => {
    rmSync(path.join(folder, 'native/pg-symlinks.json'));
    await createLibraryLinks(folder);
    expect(library).toThrow('ENOENT');
  });

  test('ends the start with the folder and what to do if a link cannot be created', async () => {
    const list = path.join(folder, 'native/pg-symlinks.json');
    writeFileSync(list, JSON.stringify([{ source: 'native/lib/libpq.so.5.18', target: 'missing/libpq.so' }]));
    const error = await createLibraryLinks(folder).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StartupError);
    expect((error as Error).message).toContain(`${folder}. Start Keyward once as the owner`);
  });
});
