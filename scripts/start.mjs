// npm start: installs, builds and runs the server from a fresh clone, in one process.
import { prepare } from './lib/prepare.mjs';

prepare();
await import('../dist/main.js');
