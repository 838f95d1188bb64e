// Everything that can be known without running the server: style, layers and import cycles, types, files and dependencies that
// nothing uses or nothing declares, and that what is generated and committed is current.
import { runNode } from './prepare.mjs';

export function check() {
  runNode('node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.');
  runNode('node_modules/typescript/bin/tsc', '-p', 'tsconfig.json');
  runNode('node_modules/knip/bin/knip.js', '--no-progress', '--include=files,dependencies,unlisted,unresolved,binaries,cycles');
  runNode('scripts/licences.mjs', '--check');
  runNode('scripts/emit-schema.mjs', '--check');
  runNode('node_modules/@graphql-codegen/cli/esm/bin.js', '--errors-only', '--check');
}
