// npm run import-keys -- FILE.jsonl [--dry-run]: takes over the keys of another system, see docs/migrating.md.
import { prepare } from './lib/prepare.mjs';

prepare();
await import('../dist/commands/import-keys.js');
