import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { type ServerProcess, startServer } from '../support/server-process.js';

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
  const blocked = new Promise((resolve) => script.addEventListener('error', resolve));
  document.head.append(script);
  await blocked;
})()`;

let directory: string;
let server: ServerProcess;
let browser: Browser;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'keyward-system-'));
  server = await startServer({ DATA_DIR: path.join(directory, 'data') });
  // Only Keyward’s own server is reached: other origins are replaced by a stand-in. Chromium’s sandbox does not start as root.
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

type Opened = { page: Page; violations: string[] };
async function open(route: (page: Page) => Promise<unknown>, options: BrowserContextOptions = {}): Promise<Opened> {
  const page = await browser.newPage(options);
  const violations: string[] = [];
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) violations.push(message.text());
  });
  await route(page);
  // Does not wait until everything has loaded, because some requests never end.
  await page.goto(`${server.url}/graphql`, { waitUntil: 'domcontentloaded' });
  return { page, violations };
}

/**
 * Expects an element that a person sees without scrolling: it is entirely within the window, and nothing covers its middle. Text
 * in the document that cannot be seen, such as text below an empty frame, does not count.
 */
async function expectVisible(page: Page, selector: string): Promise<void> {
  const seen = (await page.evaluate(`(() => {
    const element = document.querySelector(${JSON.stringify(selector)});
    const { left, top, right, bottom, width, height } = element.getBoundingClientRect();
    const inWindow = left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight && width > 0 && height > 0;
    const hit = document.elementFromPoint(left + Math.min(width / 2, 40), top + height / 2);
    const { visibility, opacity } = getComputedStyle(element);
    return { inWindow, onTop: hit !== null && element.contains(hit), visibility, opacity };
  })()`)) as object;
  expect({ selector, ...seen }).toEqual({ selector, inWindow: true, onTop: true, visibility: 'visible', opacity: '1' });
}

const WINDOWS = [
  [1100, 700],
  [1100, 500],
  [390, 800],
].flatMap(([width = 0, height = 0]) => (['light', 'dark'] as const).map((colorScheme) => ({ width, height, colorScheme })));

describe('Apollo Sandbox at /graphql, in Chromium', () => {
  test('the page’s policy allows its script, its frame and its requests', async () => {
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
    expect(await page.locator('main').isVisible()).toBe(false);
    const frame = await page.locator('iframe').boundingBox();
    const window = page.viewportSize();
    expect(frame && [frame.x, frame.width, frame.y + frame.height]).toEqual([0, window?.width, window?.height]);
    expect(frame?.height).toBeGreaterThan((window?.height ?? 0) - 60);
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
    await page.getByRole('button', { name: 'Show the built-in page' }).click();
    await expectVisible(page, '#query');
    await page.close();
  });

  test('the page’s policy rejects requests to other origins and scripts from other origins', async () => {
    const { page, violations } = await open((page) =>
      page.route('https://**', (route) => route.fulfill({ contentType: 'text/javascript', body: 'window.foreign = true' })),
    );
    await page.evaluate(REACH_ELSEWHERE);
    expect(violations.some((text) => /connect-src/.test(text))).toBe(true);
    expect(violations.some((text) => /script-src/.test(text))).toBe(true);
    await page.close();
  });
});

const withoutApollo = (page: Page) => page.route(/^https:/, (route) => route.abort());

describe('the page at /graphql where Apollo’s servers cannot be reached, in Chromium', () => {
  test.each(WINDOWS)('shows what it is and how to use it in the first window: %j', async ({ width, height, colorScheme }) => {
    const { page, violations } = await open(withoutApollo, { viewport: { width, height }, colorScheme });
    await page.locator('#notice').waitFor();
    for (const selector of ['h1', 'a[href="schema.graphql"]', '#notice', '[data-example="sign-up"]', '.primary', '#query']) {
      await expectVisible(page, selector);
    }
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(violations).toEqual([]);
    await page.close();
  });

  test('works on a network that never answers', async () => {
    const { page } = await open((page) => page.route(/^https:/, () => undefined));
    await page.locator('#query').waitFor();
    await expectVisible(page, '#query');
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByText('"__typename": "Query"').waitFor();
    await page.close();
  });

  test('creates and verifies a key, and the curl command does the same', async () => {
    const { page, violations } = await open(withoutApollo);
    const run = async (example: string, answer: RegExp) => {
      await page.getByRole('button', { name: example }).click();
      await page.getByRole('button', { name: 'Run' }).click();
      await page.locator('#response').filter({ hasText: answer }).waitFor();
    };
    await run('Sign up', /"accessToken": "ey/);
    await run('Create a key', /"plaintextKey": "amos_/);
    const command = String(await page.locator('#curl').textContent());
    const token = await page.locator('#token').inputValue();
    expect(command).not.toContain(token);
    await run('Verify it', /"code": "VALID"/);
    await run('List keys', /"name": "build server"/);
    expect(violations).toEqual([]);
    await page.close();

    const { stdout } = spawnSync('bash', ['-c', command.replace('curl ', 'curl -s ')], {
      env: { PATH: process.env.PATH, TOKEN: token },
      encoding: 'utf8',
    });
    expect(JSON.parse(stdout)).toEqual({
      data: { createApiKey: { plaintextKey: expect.any(String), apiKey: expect.objectContaining({ name: 'build server' }) } },
    });
  });

  test('reports invalid variables and a rejected operation beside the response', async () => {
    const { page } = await open(withoutApollo);
    await page.fill('#variables', '[1]');
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByText('The variables are not a JSON object.').waitFor();
    await page.getByRole('button', { name: 'List keys' }).click();
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByText(/^HTTP 401, \d+ ms$/).waitFor();
    await page.getByText('UNAUTHENTICATED').waitFor();
    await page.close();
  });
});
