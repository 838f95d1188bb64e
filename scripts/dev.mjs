// npm run dev: builds and starts the server, and does so again whenever a file of src or the Prisma schema changes.
// While the code doesn't compile, the last server that did goes on.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { inputsHash, root } from './lib/prepare.mjs';

/** Looking is cheap (some fifty small files) and misses nothing, as fs.watch does where an editor replaces a file. */
const LOOK_EVERY_MS = 300;

let server;
let stopping = false;

async function stopServer() {
  if (!server || server.exitCode !== null || server.signalCode !== null) return;
  server.kill();
  await once(server, 'exit');
}

async function restart() {
  // In a process of its own, which may fail: a compiler error must not end the watching.
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

/** @returns undefined while a file is just being replaced */
function look() {
  try {
    return inputsHash();
  } catch {
    return undefined;
  }
}

let seen;
while (!stopping) {
  const current = look();
  if (current !== undefined && current !== seen) {
    await restart();
    seen = current;
  }
  await sleep(LOOK_EVERY_MS);
}
await stopServer();
