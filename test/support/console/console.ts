import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import pg from 'pg';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { startThrowawayPostgres } from '../../../scripts/lib/throwaway-postgres.mjs';
import { type ServerProcess, startServer } from '../server-process.js';
import { PASSWORD } from '../test-app.js';
import { type Watch, watch } from './watch.js';

const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

// Chromium’s sandbox does not start as root. The second name is the same server, on a page that counts as unencrypted.
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP keys.test 127.0.0.1',
];

const launchBrowser = (args: string[] = []): Promise<Browser> =>
  chromium.launch({ executablePath: '/usr/bin/chromium', args: [...ARGS, ...args] });

/** One browser with one page, which fails its test on everything that a page must not do. */
export interface Visitor extends Watch {
  context: BrowserContext;
  page: Page;
}

/** A visitor who is signed in. */
export interface Person extends Visitor {
  email: string;
  /** Sends an operation as this user, without the console. */
  ask<Data = Record<string, never>>(query: string, variables?: object): Promise<Data>;
  /** Creates a key without the console. */
  newKey(input?: object): Promise<{ id: string; plaintext: string; prefix: string }>;
}

export interface Console {
  readonly url: string;
  readonly browser: Browser;
  readonly server: ServerProcess;
  /** The environment of the server. */
  settings(): Record<string, string>;
  /** Sends an operation without a browser. */
  ask<Data = Record<string, never>>(query: string, variables?: object, token?: string): Promise<Data>;
  /** Returns the code of a verification. */
  verify(key: string, more?: object): Promise<string>;
  sql(statement: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** Opens a page at a path of the console. */
  open(path?: string, options?: BrowserContextOptions): Promise<Visitor>;
  /** Opens an empty page. */
  openElsewhere(options?: BrowserContextOptions): Promise<Visitor>;
  /** Signs up a user, and opens a page at a path of the console. */
  newPerson(path?: string, options?: BrowserContextOptions): Promise<Person>;
  /** Stops the server, and starts it again at the same port. */
  stop(): Promise<void>;
  restart(): Promise<void>;
}

const CREATE = 'mutation ($input: CreateApiKeyInput) { createApiKey(input: $input) { plaintextKey apiKey { id keyPrefix } } }';
const VERIFY = 'mutation ($input: VerifyApiKeyInput!) { verifyApiKey(input: $input) { code } }';

/** Signs up within the page, so that the browser keeps the cookie. */
const signUpScript = (input: object) => `(async () => {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-keyward-refresh': 'cookie' },
    body: ${JSON.stringify(JSON.stringify({ query: 'mutation ($input: SignUpInput!) { signUp(input: $input) { accessToken } }', variables: { input } }))},
  });
  return (await response.json()).data.signUp.accessToken;
})()`;

/** Starts one server and one browser for a test file. Each test has its own contexts and users. */
export function manageConsole(env: () => Record<string, string> | Promise<Record<string, string>> = () => ({})): Console {
  let directory: string;
  let postgres: Awaited<ReturnType<typeof startThrowawayPostgres>>;
  let server: ServerProcess;
  let browser: Browser;
  let settings: Record<string, string>;
  let visitors: Visitor[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'keyward-console-'));
    postgres = await startThrowawayPostgres(directory, SETTINGS);
    settings = { DATABASE_URL: postgres.url, APP_SECRETS: randomBytes(32).toString('base64'), ...(await env()) };
    [server, browser] = await Promise.all([startServer(settings), launchBrowser()]);
  });
  afterEach(async () => {
    const opened = visitors;
    visitors = [];
    await Promise.all(opened.map(({ context }) => context.close()));
    expect(opened.flatMap((visitor) => visitor.problems())).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await postgres?.stop();
    await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  });

  const ask: Console['ask'] = async (query, variables = {}, token) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as { data: never; errors?: unknown };
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  };
  const blank = async (options: BrowserContextOptions = {}): Promise<Visitor> => {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(15_000);
    const visitor = { context, ...(await watch(context, [server.url])), page: await context.newPage() };
    visitors.push(visitor);
    return visitor;
  };
  const self: Console = {
    get url() {
      return server.url;
    },
    get browser() {
      return browser;
    },
    get server() {
      return server;
    },
    settings: () => settings,
    ask,
    verify: async (key, more = {}) => {
      const { verifyApiKey } = await ask<{ verifyApiKey: { code: string } }>(VERIFY, { input: { key, ...more } });
      return verifyApiKey.code;
    },
    sql: async (statement, values = []) => {
      const client = new pg.Client({ connectionString: postgres.url });
      await client.connect();
      return (await client.query(statement, values).finally(() => client.end())).rows;
    },
    openElsewhere: blank,
    open: async (path = '', options = {}) => {
      const visitor = await blank(options);
      await visitor.page.goto(`${server.url}/console/${path}`);
      return visitor;
    },
    newPerson: async (path = '', options = {}) => {
      const visitor = await blank(options);
      const email = `${randomBytes(6).toString('hex')}@example.com`;
      await visitor.page.goto(`${server.url}/console/assets/none`);
      const token = String(await visitor.page.evaluate(signUpScript({ email, password: PASSWORD })));
      visitor.forgetSoFar();
      await visitor.page.goto(`${server.url}/console/${path}`);
      const askAs: Person['ask'] = (query, variables) => ask(query, variables, token);
      return {
        ...visitor,
        email,
        ask: askAs,
        newKey: async (input = {}) => {
          type Created = { createApiKey: { plaintextKey: string; apiKey: { id: string; keyPrefix: string } } };
          const { plaintextKey, apiKey } = (await askAs<Created>(CREATE, { input })).createApiKey;
          return { id: apiKey.id, plaintext: plaintextKey, prefix: apiKey.keyPrefix };
        },
      };
    },
    stop: async () => {
      await server.stop('SIGKILL');
    },
    restart: async () => {
      server = await startServer({ ...settings, PORT: new URL(server.url).port });
    },
  };
  return self;
}
