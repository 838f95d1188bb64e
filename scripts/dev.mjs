// npm run dev: builds and starts the server, and does so again whenever a file of src or the Prisma schema changes.
// While the code doesn't compile, the last server that did goes on.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import path from 'node:path';
import { root } from './lib/prepare.mjs';

const SETTLE_MS = 100;

let server;
let stopping = false;

async function stopServer(signal = 'SIGTERM') {
  if (!server || server.exitCode !== null || server.signalCode !== null) return;
  server.kill(signal);
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

let queue = Promise.resolve();
let timer;
function changed(file) {
  if (String(file).includes('generated')) return;
  clearTimeout(timer);
  timer = setTimeout(() => {
    queue = queue.then(restart);
  }, SETTLE_MS);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, async () => {
    if (stopping) return;
    stopping = true;
    await queue;
    await stopServer(signal);
    process.exit(0);
  });
}

watch(path.join(root, 'src'), { recursive: true }, (_event, file) => changed(file));
watch(path.join(root, 'prisma/schema.prisma'), () => changed('schema.prisma'));
changed('everything');
