// npm run dev: builds and starts the server, and again after each change of a file of src or of the Prisma schema.
// While the code does not compile, the last server keeps running.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { inputsHash, root } from './lib/prepare.mjs';

/** Polling is cheap (about fifty small files). Unlike fs.watch, it does not miss a file that an editor replaces. */
const POLL_EVERY_MS = 300;

/** @type {import('node:child_process').ChildProcess | undefined} */
let server;
let stopping = false;

async function stopServer() {
  if (!server || server.exitCode !== null || server.signalCode !== null) return;
  server.kill();
  await once(server, 'exit');
}

async function restart() {
  // A separate process, because a compiler error must not end this one.
  const prepared = spawnSync(process.execPath, ['--input-type=module', '-e', "(await import('./scripts/lib/prepare.mjs')).prepare()"], {
    cwd: root,
    stdio: 'inherit',
  });
  if (prepared.status !== 0 || stopping) return;
  await stopServer();
  server = spawn(process.execPath, ['dist/main.js'], { cwd: root, stdio: 'inherit' });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    stopping = true;
  });
}

/** @returns the hash of the sources; undefined while an editor replaces a file */
function currentHash() {
  try {
    return inputsHash();
  } catch {
    return undefined;
  }
}

let seen;
while (!stopping) {
  const current = currentHash();
  if (current !== undefined && current !== seen) {
    await restart();
    seen = current;
  }
  await sleep(POLL_EVERY_MS);
}
await stopServer();
