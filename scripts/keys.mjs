// npm run keys -- expiring: lists the keys that expire soon.
import { prepare } from './lib/prepare.mjs';

prepare();
await import('../dist/cli/commands/keys.js');
