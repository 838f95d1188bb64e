// Every check that does not start the server: style, layers and import cycles, types, unused files, unused and undeclared
// dependencies, and whether committed files that are generated are up to date.
import { runNode } from './prepare.mjs';

/** Runs every check. Ends this process at the first check that fails. */
export function check() {
  runNode('node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.');
  runNode('node_modules/typescript/bin/tsc', '-p', 'tsconfig.json');
  runNode('node_modules/knip/bin/knip.js', '--no-progress', '--include=files,dependencies,unlisted,unresolved,binaries,cycles');
  runNode('scripts/licences.mjs', '--check');
  runNode('scripts/emit-settings.mjs', '--check');
  runNode('scripts/emit-schema.mjs', '--check');
  runNode('node_modules/@graphql-codegen/cli/esm/bin.js', '--errors-only', '--check');
}
