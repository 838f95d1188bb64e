import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogger } from '../../src/platform/logger.js';
import { prepareDataDir } from '../../src/runtime/data-dir.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/runtime/embedded-postgres/embedded-postgres.js';
import { type Command, freePort, startProgram } from './program.js';
import { ask, type ServerProcess, startServer } from './server-process.js';
import { PASSWORD } from './test-app.js';

export interface Ports {
  gateway: number;
  keyward: number;
  api: number;
  /** A port for internal use by the gateway. */
  internal: number;
}

interface GatewayRequest {
  method?: string;
  path?: string;
  /** Names and values alternating, as they are sent. A name can occur more than once. */
  headers?: string[];
  body?: Buffer;
  /** Source address of the request: any of 127.0.0.0/8. */
  from?: string;
}

interface GatewayAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  /** Whether the client received 100 Continue. */
  wasContinued: boolean;
}

/** A request as the API behind the gateway received it. */
interface Echo {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  /** Every name in lower case, once for each occurrence. */
  names: string[];
  bodyBytes: number;
}

export interface Stack {
  keyward: ServerProcess;
  database: EmbeddedPostgres;
  api: Server;
  send(request?: GatewayRequest): Promise<GatewayAnswer>;
  /** Returns what the API received of a request that must reach it. */
  echo(request: GatewayRequest): Promise<Echo>;
  /** Returns the number of requests that reached the API. */
  reached(): number;
  /** Creates a key of a new user. */
  newKey(input?: object): Promise<{ key: string; id: string; userId: string; token: string }>;
  close(): Promise<void>;
}

/** Replaces addresses and lines of an example with those of a test. Each must occur exactly once. */
export function substitute(text: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((rest, [from, to]) => {
    const [before, after, ...more] = rest.split(from);
    if (after === undefined || more.length > 0) throw new Error(`'${from}' isn't there once`);
    return `${before}${to}${after}`;
  }, text);
}

export const readExample = (name: string): string => readFileSync(path.resolve('examples', name), 'utf8');

/** Responds to each request with what it received, and to `/status/418` with status 418. */
async function startApi(onRequest: () => void): Promise<Server> {
  // Larger than the limits of Keyward and of every gateway.
  const api = createServer({ maxHeaderSize: 262_144 }, (incoming, response) => {
    onRequest();
    let bodyBytes = 0;
    incoming.on('data', (chunk: Buffer) => (bodyBytes += chunk.length));
    incoming.on('end', () => {
      const { method = '', url = '', headers, rawHeaders } = incoming;
      const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
      response.statusCode = Number(/^\/status\/(\d+)/.exec(url)?.[1] ?? 200);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ method, url, headers, names, bodyBytes } satisfies Echo));
    });
  });
  // docs/gateways.md recommends this to the authors of an API: by default, Node drops the headers after the first 1,000.
  api.maxHeadersCount = 0;
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
  return api;
}

function sendTo(port: number, { method = 'GET', path: url = '/', headers = [], body, from }: GatewayRequest): Promise<GatewayAnswer> {
  return new Promise((resolve, reject) => {
    const length = body ? ['content-length', String(body.length)] : [];
    const outgoing = request({
      host: '127.0.0.1',
      port,
      method,
      path: url,
      headers: ['host', 'api.example.com', ...length, ...headers] as unknown as Record<string, string>,
      agent: false,
      ...(from && { localAddress: from }),
    });
    let wasContinued = false;
    outgoing.on('error', reject).on('response', async (response) => {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text, wasContinued });
      outgoing.destroy();
    });
    if (!headers.includes('expect')) return void outgoing.end(body);
    // Handled once, because a gateway can forward the 100 Continue of the API after its own.
    outgoing.once('continue', () => {
      wasContinued = true;
      outgoing.end(body);
    });
    outgoing.flushHeaders();
  });
}

/**
 * Starts a real gateway in front of an API, with a real Keyward on a new database.
 *
 * @param prepare writes the gateway’s configuration into its directory, and returns how to start it
 * @param env of Keyward, in addition to the settings that it needs
 */
export async function startStack(prepare: (directory: string, ports: Ports) => Command, env: Record<string, string> = {}): Promise<Stack> {
  const closers: (() => unknown)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return { ...(await openStack(prepare, env, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openStack(
  prepare: (directory: string, ports: Ports) => Command,
  env: Record<string, string>,
  closers: (() => unknown)[],
): Promise<Omit<Stack, 'close'>> {
  const directory = mkdtempSync(path.join(tmpdir(), 'keyward-gateway-'));
  closers.push(() => rmSync(directory, { recursive: true, force: true }));
  // A gateway that root starts runs its workers as another user.
  chmodSync(directory, 0o755);

  const dataDir = path.join(directory, 'data');
  await prepareDataDir(dataDir);
  const logger = createLogger('silent');
  const database = await startEmbeddedPostgres({ dataDir, password: randomBytes(16).toString('hex'), logger, settings: { fsync: 'off' } });
  closers.push(() => database.stop());
  const keyward = await startServer({
    DATABASE_URL: database.url,
    APP_SECRETS: randomBytes(32).toString('base64'),
    TRUSTED_PROXIES: '127.0.0.1',
    ...env,
  });
  closers.push(() => keyward.stop('SIGKILL'));

  let reached = 0;
  const api = await startApi(() => {
    reached += 1;
  });
  closers.push(() => api.close());

  const port = await freePort();
  const ports = {
    gateway: port,
    internal: await freePort(),
    keyward: Number(new URL(keyward.url).port),
    api: (api.address() as AddressInfo).port,
  };
  const gateway = await startProgram(prepare(directory, ports), directory, port);
  closers.push(() => gateway.stop());

  const send: Stack['send'] = (sent = {}) => sendTo(port, sent);
  return {
    keyward,
    database,
    api,
    send,
    echo: async (sent) => {
      const { status, body } = await send(sent);
      if (status !== 200) throw new Error(`the request was rejected: ${status} ${body}\n${gateway.output()}`);
      return JSON.parse(body) as Echo;
    },
    reached: () => reached,
    newKey: (input = {}) => newKey(keyward, input),
  };
}

async function newKey(keyward: ServerProcess, input: object): ReturnType<Stack['newKey']> {
  const { signUp } = await ask<{ signUp: { accessToken: string; user: { id: string } } }>(
    keyward,
    'mutation ($input: SignUpInput!) { signUp(input: $input) { accessToken user { id } } }',
    { input: { email: `${randomBytes(6).toString('hex')}@example.com`, password: PASSWORD } },
  );
  const { createApiKey } = await ask<{ createApiKey: { plaintextKey: string; apiKey: { id: string } } }>(
    keyward,
    'mutation ($input: CreateApiKeyInput) { createApiKey(input: $input) { plaintextKey apiKey { id } } }',
    { input },
    signUp.accessToken,
  );
  return { key: createApiKey.plaintextKey, id: createApiKey.apiKey.id, userId: signUp.user.id, token: signUp.accessToken };
}
