// npm run dev: compiles and starts the server, and again after each change in src or of the Prisma schema. While the code does
// not compile, the last server keeps running.
import { spawn } from 'node:child_process';
import { rmSync, unwatchFile, watchFile } from 'node:fs';
import path from 'node:path';
import { prepareConsole, prepareSources, root } from './lib/prepare.mjs';

const SCHEMA = path.join(root, 'prisma/schema.prisma');

/** @type {Set<() => void>} the functions that stop the running programs */
const running = new Set();

function stopAll() {
  unwatchFile(SCHEMA);
  for (const stop of running) stop();
}

/**
 * Starts a program in a process group of its own, so that it gets the signals of a terminal only from this process. If it ends,
 * everything ends.
 *
 * @param {string[]} args of Node.js
 * @param {'pipe' | 'inherit'} stdout
 * @param {(pid: number) => void} stop
 */
function startProgram(args, stdout, stop) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', stdout, 'inherit'], detached: true });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${args[0]} cannot be started`);
  const stopThis = () => stop(pid);
  running.add(stopThis);
  child.on('exit', () => {
    running.delete(stopThis);
    stopAll();
  });
  return child;
}

function startServer() {
  startProgram(['--watch', '--watch-preserve-output', 'dist/main.js'], 'inherit', (pid) => process.kill(pid));
}

function startCompiler() {
  const args = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--watch', '--preserveWatchOutput', '--noEmitOnError'];
  // On Node 20, tsc is a launcher that does not pass signals to the compiler, so the signal is sent to the group.
  const compiler = startProgram(args, 'pipe', (pid) => process.kill(-pid));
  let isServing = false;
  compiler.stdout?.setEncoding('utf8').on('data', (text) => {
    process.stderr.write(text);
    // The first compilation writes every file, and would restart a server that already runs.
    if (isServing || !text.includes('Found 0 errors')) return;
    isServing = true;
    startServer();
  });
}

prepareSources();
prepareConsole();
// After a change, dist is not the build that its stamp names. Without a stamp, the next npm start builds again.
rmSync(path.join(root, 'dist/.stamp'), { force: true });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stopAll);
// The compiler sees the generated client like every other source.
watchFile(SCHEMA, { interval: 1_000 }, () => {
  spawn(process.execPath, ['node_modules/prisma/build/index.js', 'generate', '--no-hints'], { cwd: root, stdio: ['ignore', 2, 2] });
});
startCompiler();
