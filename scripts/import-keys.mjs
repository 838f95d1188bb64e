// npm run import-keys -- FILE.jsonl [--dry-run]: imports the keys of another system, see docs/migrating.md.
// package.json sets --max-semi-space-size=2: a dry run of a million lines with a million users takes 263 MB with it, and 307 MB
// without it.
import { prepare } from './lib/prepare.mjs';

prepare();
await import('../dist/cli/commands/import-keys.js');
