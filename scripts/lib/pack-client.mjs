// Builds and packs @keyward/client, as it is published.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packFolder, repository } from './pack-folder.mjs';
import { inRoot, runNode } from './prepare.mjs';

/** The files of the package beside its manifest and the compiled code. */
const FILES = ['README.md', 'LICENSE'];

/**
 * Builds @keyward/client and packs it.
 *
 * @param {string} folder an existing folder for the tarball
 * @returns {string} the path of the tarball
 */
export function packClient(folder) {
  const stage = mkdtempSync(path.join(tmpdir(), 'keyward-client-'));
  for (const file of FILES) cpSync(inRoot('client', file), path.join(stage, file));
  const manifest = { ...JSON.parse(readFileSync(inRoot('client/package.json'), 'utf8')), ...repository('client') };
  writeFileSync(path.join(stage, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  runNode('node_modules/typescript/bin/tsc', '-p', 'client/tsconfig.build.json', '--outDir', path.join(stage, 'dist'));
  const tarball = packFolder(stage, folder);
  rmSync(stage, { recursive: true });
  return tarball;
}
