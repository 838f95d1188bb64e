// npm run check
import { check } from './lib/checks.mjs';
import { prepare } from './lib/prepare.mjs';

prepare();
check();
