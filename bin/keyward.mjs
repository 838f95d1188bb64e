#!/usr/bin/env node
// The `keyward` command. In a clone it first installs and builds what is missing or out of date. The image has no scripts
// folder, and runs the code that it contains.
import { existsSync } from 'node:fs';

const preparation = new URL('../scripts/lib/prepare.mjs', import.meta.url);
if (existsSync(preparation)) {
  const { prepare } = await import(preparation.href);
  prepare();
}
await import('../dist/cli/main.js');
