import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { manageConsole, type Visitor } from '../../support/console/console.js';
import { button, createKey, field, heading, holds, link, shows } from '../../support/console/dialogs.js';
import { PASSWORD } from '../../support/test-app.js';

const DIST = path.resolve('console/dist');
const gzipped = (file: string) => gzipSync(readFileSync(path.join(DIST, file)), { level: 9 }).length;

/** What a link asks for, and where it leads. */
const NEXT: [next: string, path: string][] = [
  ['/console/history', '/console/history'],
  ['/console/history?x=1', '/console/history?x=1'],
  ['https://evil.example/', '/console/'],
  ['//evil.example/', '/console/'],
  ['/\\evil.example/', '/console/'],
  ['/\t/evil.example/', '/console/'],
  ['/console/../../graphql', '/console/'],
  ['/graphql', '/console/'],
  ['javascript:alert(1)', '/console/'],
  ['/console//evil.example/', '/console//evil.example/'],
];

const keyward = manageConsole();

async function signIn({ page }: Visitor, email: string, password: string): Promise<void> {
  await field(page, 'Email').fill(email);
  await field(page, 'Password').fill(password);
  await button(page, 'Sign in').click();
}

describe('the console of a built server, in Chromium', () => {
  test('console 1: a browser at / arrives at the sign-in page', async () => {
    const { page } = await keyward.open('../');
    await heading(page, 'Sign in').waitFor();
    expect(page.url()).toBe(`${keyward.url}/console/sign-in`);
  });

  test('W1: console 2: the page holds no inline code, and the application runs under its policy', async () => {
    const visitor = await keyward.open();
    const response = await fetch(`${keyward.url}/console/`, { headers: { accept: 'text/html' } });
    const html = await response.text();
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
    expect(response.headers.get('content-security-policy')).not.toMatch(/unsafe-|data:|\*/);
    await heading(visitor.page, 'Sign in').waitFor();
    // What the test itself tries is blocked, so the policy applies to this page.
    visitor.expectMessage(/violation of|Content Security Policy|Trusted ?(?:Type|HTML)/);
    const blocked = visitor.page.evaluate(`new Promise((resolve) => {
      addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
      setTimeout(() => { try { document.body.innerHTML = '<b>x</b>'; } catch {} });
    })`);
    expect(await blocked).toBe('require-trusted-types-for');
  });

  test('W5: console 4: scripts and styles are within their sizes, in files that come from this server alone', async () => {
    const files = [...readFileSync(path.join(DIST, 'index.html'), 'utf8').matchAll(/(?:src|href)="\/console\/(assets\/[^"]+)"/g)].map(
      ([, file = '']) => file,
    );
    const sizeOf = (pattern: RegExp) => files.filter((file) => pattern.test(file)).reduce((sum, file) => sum + gzipped(file), 0);
    expect(files).toHaveLength(4);
    expect(sizeOf(/app-.*\.js$/)).toBeLessThan(45_000);
    expect(sizeOf(/theme-.*\.js$/)).toBeLessThan(500);
    expect(sizeOf(/\.css$/)).toBeLessThan(10_000);
    expect(gzipped('index.html')).toBeLessThan(2_000);
    // One file with everything: Preact, the styles, the texts and the views of keys.
    expect(gzipped('embed/keyward-keys.js')).toBeLessThanOrEqual(32_000);

    const { page, requests } = await keyward.open();
    await heading(page, 'Sign in').waitFor();
    const paths = requests.map((request) => new URL(request.url()).pathname);
    expect(paths.filter((each) => each !== '/graphql' && each !== '/favicon.ico' && !each.endsWith('.svg'))).toEqual(
      expect.arrayContaining(['/console/', ...files.filter((file) => !file.endsWith('.svg')).map((file) => `/console/${file}`)]),
    );
    // Beside the icon, which nothing waits for.
    expect(paths.filter((each) => each !== '/graphql' && !each.endsWith('.svg')).length).toBeLessThanOrEqual(5);
    expect(new Set(requests.map((request) => new URL(request.url()).origin))).toEqual(new Set([keyward.url]));
  });

  test('console 5: signs up, signs in, and has the same words for a wrong password and an unknown address', async () => {
    const visitor = await keyward.open();
    const { page } = visitor;
    await link(page, 'Create account').click();
    await heading(page, 'Create an account').waitFor();
    await field(page, 'Email').fill('ada@example.com');
    await field(page, 'Password').fill('short');
    await button(page, 'Create account').click();
    await page.locator('[aria-invalid]').waitFor();
    expect(await field(page, 'Email').inputValue()).toBe('ada@example.com');
    await field(page, 'Password').fill(PASSWORD);
    await button(page, 'Create account').click();
    await heading(page, 'No keys yet').waitFor();
    await button(page, 'Sign out').click();
    await heading(page, 'Sign in').waitFor();

    const words = [];
    for (const email of ['ada@example.com', 'unknown@example.com']) {
      await signIn(visitor, email, 'not the password of this user');
      words.push(await page.getByRole('alert').innerText());
      await page.reload();
    }
    expect(words[0]).toContain('Email or password is wrong.');
    expect(words[1]).toBe(words[0]);
    await signIn(visitor, 'ada@example.com', PASSWORD);
    await heading(page, 'No keys yet').waitFor();
  });

  test('console 5: shows how long to wait after too many attempts', async () => {
    const visitor = await keyward.open('sign-in');
    visitor.expectMessage(/status of 429/);
    await visitor.page.route('**/graphql', async (route) => {
      if (!route.request().postData()?.includes('signIn')) return route.fallback();
      const extensions = { code: 'RATE_LIMITED', retryAfterSeconds: 90 };
      await route.fulfill({ status: 429, json: { errors: [{ message: 'Too many attempts.', extensions }] } });
    });
    await signIn(visitor, 'ada@example.com', PASSWORD);
    await shows(visitor.page, 'Too many attempts. Try again in 2 min.');
  });

  test('W4: console 6: a reload keeps the user signed in by a cookie that scripts cannot read, and nothing is stored', async () => {
    const { page, context } = await keyward.newPerson();
    await page.reload();
    await heading(page, 'No keys yet').waitFor();
    const [cookie, ...others] = await context.cookies();
    expect(others).toEqual([]);
    expect(cookie).toMatchObject({ name: '__Host-keyward-refresh', path: '/', httpOnly: true, secure: true, sameSite: 'Strict' });
    for (const view of ['History', 'Activity', 'Account']) {
      await link(page, view).click();
      await heading(page, view).waitFor();
    }
    await field(page, 'Theme').selectOption('dark');
    const stored = await page.evaluate(`(async () => ({
      cookie: document.cookie,
      local: { ...localStorage },
      session: { ...sessionStorage },
      databases: (await indexedDB.databases()).length,
      caches: (await caches.keys()).length,
      workers: (await navigator.serviceWorker.getRegistrations()).length,
    }))()`);
    expect(stored).toEqual({ cookie: '', local: { theme: 'dark' }, session: {}, databases: 0, caches: 0, workers: 0 });
  });

  test('W7: after signing in, ?next= leads to a path of the console, and to its home page otherwise', async () => {
    const { page } = await keyward.newPerson();
    const reached: string[][] = [];
    for (const [next] of NEXT) {
      await page.goto(`${keyward.url}/console/sign-in?next=${encodeURIComponent(next)}`);
      await page.getByRole('navigation').waitFor();
      await page.waitForURL((url) => url.pathname !== '/console/sign-in');
      reached.push([next, page.url().slice(keyward.url.length)]);
    }
    expect(reached).toEqual(NEXT);
  });

  test('console 10: over plain HTTP, warns, sets no cookie, and copies by selection or asks for the keys to press', async () => {
    const visitor = await keyward.open('sign-up');
    const origin = keyward.url.replace('127.0.0.1', 'keys.test');
    visitor.expectOrigin(origin);
    visitor.expectMessage(/Cross-Origin-Opener-Policy header has been ignored/);
    const { page } = visitor;
    await page.goto(`${origin}/console/sign-up`);
    await field(page, 'Email').fill('plain@example.com');
    await field(page, 'Password').fill(PASSWORD);
    await button(page, 'Create account').click();
    await shows(page, 'This page isn’t encrypted. You stay signed in until you reload it.');
    expect(await visitor.context.cookies()).toEqual([]);
    const plaintext = await createKey(page, 'build server');
    await button(page, 'Copy key').click();
    await page.getByText(/^Copied$|press Ctrl\+C/).waitFor();
    const selected = await page.evaluate(`(() => {
      const area = document.querySelector('dialog textarea');
      return area.value.slice(area.selectionStart, area.selectionEnd);
    })()`);
    expect(selected).toBe(plaintext);
  });

  test.each(['light', 'dark'] as const)(
    'console 29: follows the %s scheme, and a choice has precedence from the first paint',
    async (scheme) => {
      const { page } = await keyward.newPerson('account', { colorScheme: scheme });
      const background = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
      await heading(page, 'Account').waitFor();
      const followed = await background();
      const other = scheme === 'light' ? 'dark' : 'light';
      await field(page, 'Theme').selectOption(other);
      const chosen = await background();
      expect(chosen).not.toBe(followed);
      // The application is held back, so only what was there before the first paint applies.
      await page.route('**/assets/app-*.js', () => undefined);
      await page.reload({ waitUntil: 'commit' });
      await holds(page, 'document.body && getComputedStyle(document.documentElement).backgroundColor !== "rgba(0, 0, 0, 0)"');
      expect(await background()).toBe(chosen);
    },
  );
});
