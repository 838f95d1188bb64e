// npm run codegen: writes .env.example and the table of docs/configuration.md from the settings, docs/access.md and
// schema.graphql from the resolvers, and then the typed operations of the tests and of the client from schema.graphql.
import { prepare, runNode } from './lib/prepare.mjs';

prepare();
runNode('scripts/emit-settings.mjs');
runNode('scripts/emit-access.mjs');
runNode('scripts/emit-events.mjs');
runNode('scripts/emit-schema.mjs');
runNode('node_modules/@graphql-codegen/cli/esm/bin.js', '--errors-only');
runNode('node_modules/@graphql-codegen/cli/esm/bin.js', '--config', 'client/codegen.yml', '--errors-only');
