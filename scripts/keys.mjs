// npm run keys -- expiring: the keys that end soon.
import { prepare } from './lib/prepare.mjs';

prepare();
await import('../dist/cli/commands/keys.js');
