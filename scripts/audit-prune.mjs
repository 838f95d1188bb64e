// npm run audit:prune -- --before DATE: removes old events of the audit log.
import { prepare } from './lib/prepare.mjs';

prepare();
await import('../dist/cli/commands/audit-prune.js');
