// npm run bench:console: measures the time from opening the console, as a signed-in user, to the list of keys, in Chromium with a
// processor that is 4 times as slow, and how far the page moves meanwhile. Needs Chromium; CHROMIUM is its path.
//   npm run bench:console -- ROUNDS
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { chromium } from 'playwright-core';
import { EMAIL, PASSWORD, seed } from '../lib/screenshot-data.mjs';
import { median, startKeyward, withPostgres } from './lib.mjs';

const ROUNDS = Number(process.argv[2] ?? 5);
const SLOWDOWN = 4;
const TARGETS = { listMs: 1_500, shift: 0.02 };

const OBSERVE_SHIFTS = `
  window.shift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.shift += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });`;

/** Opens the list in a new page with the session of the context. @param {import('playwright-core').BrowserContext} context @param {string} url */
async function openList(context, url) {
  const page = await context.newPage();
  await page.addInitScript(OBSERVE_SHIFTS);
  const devTools = await context.newCDPSession(page);
  await devTools.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN });
  await devTools.send('Network.enable');
  await devTools.send('Network.setCacheDisabled', { cacheDisabled: true });
  const startedAt = performance.now();
  await page.goto(url, { waitUntil: 'commit' });
  await page.getByRole('table').waitFor();
  const listMs = performance.now() - startedAt;
  await page
    .getByRole('img', { name: /calls allowed/ })
    .first()
    .waitFor();
  const shift = Number(await page.evaluate('window.shift'));
  await page.close();
  return { listMs, shift };
}

await withPostgres(async ({ newDatabase }) => {
  const databaseUrl = await newDatabase('console', 0);
  const env = { APP_SECRETS: randomBytes(32).toString('base64'), MAX_KEYS_PER_USER: '10' };
  // Without encryption, the cookie of the session is for development only.
  const { port } = await startKeyward(databaseUrl, { ...env, NODE_ENV: 'development' });
  const origin = `http://127.0.0.1:${port}`;
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await seed(client, origin, { ...env, DATABASE_URL: databaseUrl });
  await client.end();
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
  try {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${origin}/console/`);
    await page.getByLabel('Email', { exact: true }).fill(EMAIL);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('table').waitFor();
    await page.close();
    const rounds = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await openList(context, `${origin}/console/`));
    const [listMs, shift] = [median(rounds.map((each) => each.listMs)), Math.max(...rounds.map((each) => each.shift))];
    console.log(`time to the list, median of ${ROUNDS}: ${listMs.toFixed(0)} ms (${listMs <= TARGETS.listMs ? 'met' : 'MISSED'})`);
    console.log(`layout shift, highest of ${ROUNDS}:    ${shift.toFixed(3)} (${shift <= TARGETS.shift ? 'met' : 'MISSED'})`);
  } finally {
    await browser.close();
  }
});
