import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ServerProcess, startServer } from '../support/server-process.js';

let directory: string;
let server: ServerProcess;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'keyward-tour-'));
  server = await startServer({ DATA_DIR: path.join(directory, 'data') });
});
afterAll(async () => {
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

async function runTour(url: string) {
  const child = spawn('sh', ['examples/tour.sh', url], { env: { PATH: process.env.PATH ?? '' } });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk) => (stderr += chunk));
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

interface Answer {
  status: number;
  body: string;
}

/** Runs the tour through a proxy that may replace a response. Requests are counted from 0. */
async function runTourWith(alter: (answer: Answer, request: number) => Answer) {
  let requests = 0;
  const proxy = createServer(async (request, response) => {
    const chunks = await request.toArray();
    const { host, ...headers } = request.headers as Record<string, string>;
    const init = { method: request.method ?? 'GET', headers, body: chunks.length > 0 ? Buffer.concat(chunks) : null };
    const reply = await fetch(`${server.url}${request.url}`, init);
    const { status, body } = alter({ status: reply.status, body: await reply.text() }, requests);
    requests += 1;
    response.writeHead(status).end(body);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const result = await runTour(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  proxy.close();
  return { ...result, requests };
}

describe('examples/tour.sh', () => {
  test('shows the life of a key, and ends with the rejection of the revoked key', async () => {
    const { code, stdout, stderr } = await runTour(server.url);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const codes = [...stdout.matchAll(/"code":"([A-Z]+)"/g)].map(([, each]) => each);
    // Each verification runs by HTTP and by GraphQL: the key, both keys after the rotation, both keys after the revocation.
    expect(codes).toEqual(['VALID', 'VALID', 'VALID', 'REVOKED', 'VALID'].flatMap((each) => [each, each]));
    expect(stdout).toMatch(/\nEvery response was as expected\.\n$/);
  });

  test('exits with 1 at each response that is not as expected', async () => {
    const { code, requests } = await runTourWith((answer) => answer);
    expect({ code, requests }).toEqual({ code: 0, requests: 17 });
    const runs = Array.from({ length: requests }, (_, wrong) =>
      runTourWith((answer, request) => (request === wrong ? { ...answer, body: '{"data":null}' } : answer)),
    );
    const ends = (await Promise.all(runs)).map((run) => ({ code: run.code, requests: run.requests, stderr: run.stderr.slice(0, 30) }));
    expect(ends).toEqual(runs.map((_, wrong) => ({ code: 1, requests: wrong + 1, stderr: 'The response does not contain:' })));
  });

  test('exits with 1 if only the status or only the body shows the revocation', async () => {
    for (const alter of [
      (answer: Answer) => ({ ...answer, status: answer.status === 401 ? 200 : answer.status }),
      (answer: Answer) => ({ ...answer, body: answer.body.replace('"code":"REVOKED"', '"code":"VALID"') }),
    ]) {
      expect(await runTourWith(alter)).toMatchObject({ code: 1, requests: 14 });
    }
  });

  test('exits with an error if no server runs', async () => {
    const { code, stderr } = await runTour('http://127.0.0.1:1');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/^curl: /);
  });
});
