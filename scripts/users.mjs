// npm run users -- COMMAND: what the operator does with users and their keys.
import { prepare } from './lib/prepare.mjs';

prepare();
await import('../dist/cli/commands/users.js');
