// Every check that does not start the server: style, language, layers and sizes of src and of the client, types, unused files and
// exports, unused and undeclared dependencies, the OpenAPI document, and whether committed files that are generated are up to date.
import { runNode } from './prepare.mjs';

const UNUSED = 'files,dependencies,unlisted,unresolved,binaries,cycles,exports,types,enumMembers,duplicates';

/** Runs every check. Ends this process at the first check that fails. */
export function check() {
  runNode('node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.');
  runNode('scripts/check-imports.mjs');
  runNode('scripts/check-client.mjs');
  runNode('node_modules/typescript/bin/tsc', '-p', 'tsconfig.json');
  runNode('node_modules/typescript/bin/tsc', '-p', 'tsconfig.scripts.json');
  runNode('node_modules/typescript/bin/tsc', '-p', 'console/tsconfig.json');
  runNode('node_modules/typescript/bin/tsc', '-p', 'client/tsconfig.json');
  runNode('node_modules/knip/bin/knip.js', '--no-progress', `--include=${UNUSED}`);
  runNode('scripts/licences.mjs', '--check');
  runNode('scripts/emit-settings.mjs', '--check');
  runNode('scripts/emit-access.mjs', '--check');
  runNode('scripts/emit-events.mjs', '--check');
  runNode('scripts/emit-schema.mjs', '--check');
  runNode('node_modules/@graphql-codegen/cli/esm/bin.js', '--errors-only', '--check');
  runNode('node_modules/@graphql-codegen/cli/esm/bin.js', '--config', 'client/codegen.yml', '--errors-only', '--check');
  // Offline: neither telemetry nor a question for a newer version.
  Object.assign(process.env, { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' });
  runNode('node_modules/@redocly/cli/bin/cli.js', 'lint', 'docs/openapi.yaml');
  runNode('scripts/check-phrases.mjs');
}
