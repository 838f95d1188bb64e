// npm run bench:replicas: measures the throughput of GET /verify for one process, one process behind nginx and two processes
// behind nginx, in turn, all on one machine and one PostgreSQL. Prints medians and ratios. Needs /usr/sbin/nginx.
//   npm run bench:replicas -- --rounds 5 --seconds 5 --connections 50
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { root } from '../lib/prepare.mjs';
import { children, forked, measureThroughput, startKeyward, withPostgres } from './lib.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '50' },
  },
});
const [rounds, seconds, connections] = [Number(values.rounds), Number(values.seconds), Number(values.connections)];
const KEYS = 400;

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

/**
 * Starts nginx with deploy/nginx.conf in front of these ports. nginx keeps the connections of the load open.
 *
 * @param {string} directory
 * @param {number[]} upstreamPorts
 */
async function startNginx(directory, upstreamPorts) {
  const port = await freePort();
  mkdirSync(directory);
  const servers = upstreamPorts.map((upstream) => `server 127.0.0.1:${upstream} max_fails=1 fail_timeout=2s;`).join(' ');
  const site = readFileSync(path.join(root, 'deploy/nginx.conf'), 'utf8')
    .replace(/(?: *server [\d.]+:4000 .*\n)+/, `${servers}\n`)
    .replace('listen 8080;', `listen 127.0.0.1:${port};`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`).join(' ');
  const file = path.join(directory, 'nginx.conf');
  writeFileSync(
    file,
    `${process.getuid?.() === 0 ? 'user www-data;' : ''} daemon off; worker_processes 1; pid nginx.pid; error_log stderr crit; events {}
     http { access_log off; keepalive_requests 100000000; ${temporary} ${site} }`,
  );
  children.push(spawn('/usr/sbin/nginx', ['-p', directory, '-c', file], { stdio: 'inherit' }));
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return port;
    await sleep(20);
  }
}

await withPostgres(async ({ directory, newDatabase }) => {
  const url = await newDatabase('replicas', KEYS);
  const [one, other] = [await startKeyward(url), await startKeyward(url)];
  /** @param {number} port */
  const target = (port) => ({ port, path: '/verify', keys: KEYS });
  const targets = {
    'one process': target(one.port),
    'one behind nginx': target(await startNginx(path.join(directory, 'nginx-1'), [one.port])),
    'two behind nginx': target(await startNginx(path.join(directory, 'nginx-2'), [one.port, other.port])),
  };
  const of = await measureThroughput(forked('load.mjs'), targets, { rounds, seconds, connections });
  console.log();
  for (const [name, base] of /** @type {const} */ ([
    ['two behind nginx', 'one process'],
    ['one behind nginx', 'one process'],
    ['two behind nginx', 'one behind nginx'],
  ])) {
    console.log(`throughput of ${name} / ${base}`.padEnd(60), (of(name, 'perSecond') / of(base, 'perSecond')).toFixed(2));
  }
});
