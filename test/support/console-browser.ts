import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from '@jest/globals';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { ask, type ServerProcess, startServer } from './server-process.js';

export const PASSWORD = 'correct horse battery staple';

/** The browser’s own report of a response with an error status. The console shows these responses itself. */
const ERROR_STATUS = /^Failed to load resource: the server responded with a status of (?:401|429|503)/;

export interface ConsoleServer {
  server: ServerProcess;
  browser: Browser;
  close(): Promise<void>;
}

/** Starts the built server on its embedded database, and Chromium. Chromium’s sandbox does not start as root. */
export async function startConsole(env: Record<string, string> = {}, chromiumArgs: readonly string[] = []): Promise<ConsoleServer> {
  const directory = await mkdtemp(path.join(tmpdir(), 'keyward-console-'));
  const server = await startServer({ DATA_DIR: path.join(directory, 'data'), ...env });
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', ...chromiumArgs];
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
  return {
    server,
    browser,
    async close() {
      await browser.close();
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

let users = 0;

/** Returns an address that no other test of this process uses. */
export const newEmail = (): string => `ada-${process.pid}-${++users}@example.com`;

/** What a page did that the console never does. `expectClean` fails if there is any. */
export interface Findings {
  violations: string[];
  errors: string[];
  foreign: string[];
  /** Methods of the requests to /graphql. */
  methods: Set<string>;
}

export interface Opened {
  context: BrowserContext;
  page: Page;
  findings: Findings;
}

/** Opens a context of its own, which shares nothing with other tests, and records what must not happen. */
export async function openContext({ server, browser }: ConsoleServer, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({ baseURL: server.url, viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...options });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.url });
  const findings: Findings = { violations: [], errors: [], foreign: [], methods: new Set() };
  await context.exposeFunction('reportViolation', (text: string) => void findings.violations.push(text));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
      (window as unknown as { reportViolation: (text: string) => void }).reportViolation(`${effectiveDirective} ${blockedURI}`);
    });
  });
  context.on('page', (page) => watch(page, server.url, findings));
  return { context, page: await context.newPage(), findings };
}

function watch(page: Page, origin: string, findings: Findings): void {
  page.on('console', (message) => {
    if (message.type() === 'error' && !ERROR_STATUS.test(message.text())) findings.errors.push(message.text());
    if (/Content Security Policy|TrustedHTML/.test(message.text())) findings.violations.push(message.text());
  });
  page.on('pageerror', ({ message }) => findings.errors.push(message));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.pathname === '/graphql') findings.methods.add(request.method());
    if (url.origin !== origin && url.protocol !== 'blob:') findings.foreign.push(request.url());
  });
}

/** Expects that nothing happened that the console never does, and closes the context. */
export async function expectClean({ context, findings }: Opened): Promise<void> {
  await context.close();
  expect({ ...findings, methods: [...findings.methods] }).toEqual({ violations: [], errors: [], foreign: [], methods: ['POST'] });
}

/** Creates an account by the API. */
export async function createUser(server: ServerProcess, email = newEmail()): Promise<{ email: string; token: string }> {
  const document = 'mutation ($input: SignUpInput!) { signUp(input: $input) { accessToken } }';
  const { signUp } = await ask<{ signUp: { accessToken: string } }>(server, document, { input: { email, password: PASSWORD } });
  return { email, token: signUp.accessToken };
}

/** Presents a key to the gateway check. Returns the status, and the code of a rejection. */
export async function verify(server: ServerProcess, key: string, userAgent = 'curl/8.5'): Promise<{ status: number; code: string }> {
  const response = await fetch(`${server.url}/verify`, { headers: { authorization: `Bearer ${key}`, 'user-agent': userAgent } });
  const { code } = (await response.json()) as { code: string };
  return { status: response.status, code };
}
