// npm start: everything from a fresh clone to a running server, in one process.
import { prepare } from './lib/prepare.mjs';

prepare();
await import('../dist/main.js');
