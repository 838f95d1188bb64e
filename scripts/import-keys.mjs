// npm run import-keys -- FILE.jsonl [--dry-run]: takes over the keys of another system, see docs/migrating.md.
// npm gives Node --max-semi-space-size=2: a dry run of a million lines of as many users takes 263 MB with it, and 307 without.
import { prepare } from './lib/prepare.mjs';

prepare();
await import('../dist/cli/commands/import-keys.js');
