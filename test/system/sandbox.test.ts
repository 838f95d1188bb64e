import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type ServerProcess, startServer } from '../helpers/server-process.js';

const SCRIPT = 'https://embeddable-sandbox.cdn.apollographql.com/v2/embeddable-sandbox.umd.production.min.js';
const FRAME = 'https://sandbox.embed.apollographql.com/sandbox/explorer';

// Does what Apollo's script does, as far as the page's policy is concerned: it puts a frame of Apollo's into the page,
// and sends the requests that the frame asks for from the page itself.
const STAND_IN = `window.EmbeddedSandbox = class {
  constructor(options) {
    window.options = options;
    const frame = document.createElement('iframe');
    frame.src = '${FRAME}';
    document.querySelector(options.target).append(frame);
  }
}`;

const REACH_ELSEWHERE = `(async () => {
  await fetch('https://elsewhere.example/').catch(() => undefined);
  const script = document.createElement('script');
  script.src = 'https://elsewhere.example/x.js';
  const refused = new Promise((resolve) => script.addEventListener('error', resolve));
  document.head.append(script);
  await refused;
})()`;

let directory: string;
let server: ServerProcess;
let browser: Browser;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'keyward-system-'));
  server = await startServer({ DATA_DIR: path.join(directory, 'data') });
  // No network but our own server's: what comes from elsewhere is a stand-in. Chromium's sandbox refuses root.
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

async function open(route: (page: Page) => Promise<unknown>): Promise<{ page: Page; violations: string[] }> {
  const page = await browser.newPage();
  const violations: string[] = [];
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) violations.push(message.text());
  });
  await route(page);
  await page.goto(`${server.url}/graphql`);
  return { page, violations };
}

describe('Apollo Sandbox at /graphql, in Chromium', () => {
  test('the page’s policy lets its script, its frame and its requests through', async () => {
    const { page, violations } = await open(async (page) => {
      await page.route(SCRIPT, (route) => route.fulfill({ contentType: 'text/javascript', body: STAND_IN }));
      await page.route(FRAME, (route) => route.fulfill({ contentType: 'text/html', body: '<p>the frame</p>' }));
    });
    await page.frameLocator('iframe').getByText('the frame').waitFor();
    expect(await page.evaluate('window.options')).toMatchObject({
      target: '#sandbox',
      initialEndpoint: `${server.url}/graphql`,
      runTelemetry: false,
    });
    expect(await page.evaluate('document.body.innerText')).toBe('');
    const answer = await page.evaluate(async () => {
      const response = await fetch('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ __schema { queryType { name } } }' }),
      });
      return response.json();
    });
    expect(answer).toEqual({ data: { __schema: { queryType: { name: 'Query' } } } });
    expect(violations).toEqual([]);
    await page.close();
  });

  test('and nothing else: no request elsewhere, no script of another’s', async () => {
    const { page, violations } = await open((page) =>
      page.route('https://**', (route) => route.fulfill({ contentType: 'text/javascript', body: 'window.foreign = true' })),
    );
    await page.evaluate(REACH_ELSEWHERE);
    expect(violations.some((text) => /connect-src/.test(text))).toBe(true);
    expect(violations.some((text) => /script-src/.test(text))).toBe(true);
    await page.close();
  });

  test('where Apollo can’t be reached, the page says so', async () => {
    const { page } = await open((page) => page.route('https://**', (route) => route.abort()));
    expect(await page.evaluate('document.body.innerText')).toMatch(/The API works without it/);
    await page.close();
  });
});
