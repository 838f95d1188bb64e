// npm run users -- COMMAND: runs a command of the operator on users and their keys.
import { prepare } from './lib/prepare.mjs';

prepare();
await import('../dist/cli/commands/users.js');
