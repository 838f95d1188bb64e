import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createPool } from '../../../src/platform/database/pool.js';
import { createLogger } from '../../../src/platform/logger.js';

const PASSWORD = 'the password of the database';
const TIMEOUTS_MS = { connect: 5_000, lock: 1_000, statement: 1_000, query: 1_000 };

let directory: string;
let server: Server;
let received: Buffer[];
let sockets: Socket[];
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'keyward-scram-'));
  received = [];
  sockets = [];
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  server.close();
  await rm(directory, { recursive: true, force: true });
});

/** Returns one message of PostgreSQL’s protocol: its type, its length and its content. */
const message = (type: string, ...content: (number | string | Buffer)[]): Buffer => {
  const body = Buffer.concat(content.map((part) => (typeof part === 'number' ? int32(part) : Buffer.from(part))));
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
};
function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

const OK = Buffer.concat([message('R', 0), message('Z', 'I')]);
const SASL = message('R', 10, 'SCRAM-SHA-256\0\0');

/** Replaces the database: answers the first message with `first`, and each later one with `later`. */
async function takePlace(first: Buffer, later: Buffer): Promise<void> {
  server = createServer((socket) => {
    sockets.push(socket);
    let isFirst = true;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      received.push(chunk);
      socket.write(isFirst ? first : later);
      isFirst = false;
    });
  }).listen(path.join(directory, '.s.PGSQL.5432'));
  await once(server, 'listening');
}

async function query(parameters: string): Promise<unknown> {
  const url = `postgresql://keyward:${encodeURIComponent(PASSWORD)}@localhost:5432/keyward?host=${encodeURIComponent(directory)}${parameters}`;
  const pool = createPool(url, createLogger('silent'), { applicationName: 'test', connectionsMax: 1, timeoutsMs: TIMEOUTS_MS });
  try {
    return await pool.query('SELECT 1 AS secret_query');
  } finally {
    await pool.end();
  }
}

const sent = () => Buffer.concat(received).toString('latin1');

test.each([
  ['asks for the password in clear text', message('R', 3), OK],
  ['asks for the MD5 of the password', message('R', 5, 'salt'), OK],
  ['asks for no password', OK, OK],
  ['offers SCRAM and then asks for no password', SASL, OK],
  ['offers SCRAM and then asks for the password in clear text', SASL, message('R', 3)],
  ['offers SCRAM and ends it without a proof', SASL, Buffer.concat([message('R', 12, 'v=AAAA'), OK])],
])('F12: sends neither password nor query to a program in the place of the database that %s', async (_case, first, later) => {
  await takePlace(first, later);
  await expect(query('&require_auth=scram-sha-256')).rejects.toThrow();
  expect(received.length).toBeGreaterThan(0);
  expect(sent()).not.toContain(PASSWORD);
  expect(sent()).not.toMatch(/md5[0-9a-f]{32}/);
  expect(sent()).not.toContain('secret_query');
});

test('F12: accepts any authentication method without require_auth, as pg does', async () => {
  await takePlace(message('R', 3), OK);
  await query('').catch(() => undefined);
  expect(sent()).toContain(PASSWORD);
});
