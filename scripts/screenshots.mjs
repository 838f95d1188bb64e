// npm run screenshots: takes pictures of the console and of <keyward-keys> from the running product, with invented data, and writes
// them to docs/images. Needs Chromium; CHROMIUM is its path.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { chromium } from 'playwright-core';
import { prepare, root } from './lib/prepare.mjs';
import { EMAIL, PASSWORD, seed } from './lib/screenshot-data.mjs';
import { startThrowawayPostgres } from './lib/throwaway-postgres.mjs';

const FOLDER = path.join(root, 'docs/images');
const THEMES = /** @type {const} */ (['light', 'dark']);
const WIDE = { width: 1280, height: 720 };
const PHONE = { width: 360, height: 740 };

/** @typedef {import('playwright-core').Page} Page */

/** @param {Page} page @param {string} name */
const button = (page, name) => page.getByRole('button', { name, exact: true });

/** The views, by the name of their picture. Each continues where the one before it ended. @type {[string, (page: Page) => Promise<unknown>][]} */
const VIEWS = [
  [
    'keys',
    (page) =>
      page
        .getByRole('img', { name: /calls allowed/ })
        .first()
        .waitFor(),
  ],
  [
    'create',
    async (page) => {
      await button(page, 'Create key').click();
      await page.getByLabel('Name', { exact: true }).fill('release pipeline');
      await page.getByLabel('Scopes', { exact: true }).fill('orders:read\norders:write');
    },
  ],
  [
    'copy',
    (page) =>
      button(page, 'Create')
        .click()
        .then(() => page.getByText('Waiting for the first use…').waitFor()),
  ],
  [
    'key',
    async (page) => {
      await button(page, 'Done').click();
      await button(page, 'Close without copying').click();
      await page.getByRole('link', { name: 'build server', exact: true }).click();
      await page.getByRole('table', { name: 'Events' }).waitFor();
      await page.getByRole('radio', { name: '30 days' }).check();
      await page.getByRole('img', { name: /^Calls over time/ }).waitFor();
    },
  ],
];

/** Starts a program, and returns the URL that its output contains. @param {string[]} args @param {Record<string, string>} env @param {RegExp} pattern */
async function startProgram(args, env, pattern) {
  const child = spawn(process.execPath, args, { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise((resolve, reject) => {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      output += chunk;
      const found = pattern.exec(output)?.[1];
      if (found) resolve(found);
    });
    child.once('exit', () => reject(new Error(`${args[0]} ended: ${output}`)));
  });
  return { url: String(url), stop: () => child.kill() };
}

/** Takes a picture without the cursor and without movement. @param {Page} page @param {string} name */
async function picture(page, name) {
  await page.evaluate('document.activeElement?.blur?.()');
  await page.mouse.move(0, 0);
  await page.screenshot({ path: path.join(FOLDER, `${name}.png`), animations: 'disabled', caret: 'hide' });
  console.log(`docs/images/${name}.png`);
}

/** @param {import('playwright-core').Browser} browser @param {object} options @param {string} url @param {string} password */
async function signedIn(browser, options, url, password) {
  const page = await (await browser.newContext({ reducedMotion: 'reduce', locale: 'en-GB', timezoneId: 'UTC', ...options })).newPage();
  await page.goto(url);
  await page.getByLabel('Email', { exact: true }).fill(EMAIL);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await button(page, 'Sign in').click();
  await page.getByRole('table').waitFor();
  return page;
}

prepare();
const directory = mkdtempSync(path.join(tmpdir(), 'keyward-pictures-'));
const postgres = await startThrowawayPostgres(directory);
const env = {
  DATABASE_URL: postgres.url,
  APP_SECRETS: randomBytes(32).toString('base64'),
  PORT: '0',
  CONSOLE_PRODUCT_NAME: 'Acme',
  CONSOLE_EXAMPLE_URL: 'https://api.acme.example/v1/orders',
  MAX_KEYS_PER_USER: '10',
};
const server = await startProgram(['dist/main.js'], env, /\burl"?[:=]"?(http:[^"\s]+)\/graphql/);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
const client = new pg.Client({ connectionString: postgres.url });
/** @type {{ stop: () => void } | undefined} */
let product;
try {
  mkdirSync(FOLDER, { recursive: true });
  await client.connect();
  const { serviceToken } = await seed(client, server.url, env);
  product = await startProgram(
    ['examples/element/backend.mjs'],
    { PORT: '3999', KEYWARD_URL: server.url, KEYWARD_TOKEN: serviceToken },
    /listens at (http:\S+)\n/,
  );
  for (const colorScheme of THEMES) {
    for (const [viewport, size] of /** @type {const} */ ([
      [WIDE, 'wide'],
      [PHONE, 'phone'],
    ])) {
      const page = await signedIn(browser, { viewport, colorScheme }, `${server.url}/console/`, PASSWORD);
      for (const [name, show] of VIEWS) {
        await show(page);
        await picture(page, `console-${name}-${size}-${colorScheme}`);
      }
      await client.query("DELETE FROM api_keys WHERE name = 'release pipeline'");
      await page.context().close();
      const embedded = await signedIn(browser, { viewport, colorScheme }, 'http://localhost:3999/', 'ada-password');
      await embedded
        .getByRole('img', { name: /calls allowed/ })
        .first()
        .waitFor();
      await picture(embedded, `element-${size}-${colorScheme}`);
      await embedded.context().close();
    }
  }
} finally {
  await browser.close();
  await client.end();
  product?.stop();
  server.stop();
  await postgres.stop();
  rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}
