// npm run check: runs every check that does not start the server.
import { check } from './lib/checks.mjs';
import { prepare } from './lib/prepare.mjs';

prepare();
check();
