// Loaded into a measured server. Answers each message with the CPU time and the memory of the process. The answer to
// `collected` has the memory after a garbage collection.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
/** @type {() => void} */
const collectGarbage = runInNewContext('gc');

process.on('message', (message) => {
  if (message === 'collected') collectGarbage();
  const { rss, heapUsed } = process.memoryUsage();
  process.send?.({ cpu: process.cpuUsage(), rss, heapUsed });
});
process.channel?.unref();
