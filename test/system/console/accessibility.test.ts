import { describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { axeProblems } from '../../support/console/axe.js';
import { manageConsole, type Person } from '../../support/console/console.js';
import { heading, isTitled, openCreate, shows } from '../../support/console/dialogs.js';
import { dialogViews, entryViews, pageViews, type View } from '../../support/console/views.js';
import { eventually } from '../../support/eventually.js';

const keyward = manageConsole(() => ({ MAX_KEYS_PER_USER: '20' }));

type Theme = 'light' | 'dark';
const THEMES: Theme[] = ['light', 'dark'];

/** Violations of WCAG and of axe’s best practices, and everything narrower or wider than it may be. */
async function problemsOf(page: Page, view: string): Promise<string[]> {
  const axe = await axeProblems(page);
  const small = await page.evaluate(SMALL_TARGETS);
  return [...axe, ...(small as string[])].map((problem) => `${view}: ${problem}`);
}

/** Links within a sentence may be smaller (WCAG 2.5.8, exception "inline"). */
const SMALL_TARGETS = `[...document.querySelectorAll('button, select, input, summary, textarea, nav a')].flatMap((element) => {
  const { width, height } = (element.closest('label') ?? element).getBoundingClientRect();
  const isSeen = width > 0 && height > 0 && getComputedStyle(element).visibility === 'visible';
  return isSeen && (width < 24 || height < 24) ? ['target of ' + Math.round(width) + ' x ' + Math.round(height) + ': ' + element.outerHTML.slice(0, 90)] : [];
})`;

/** Styles rather than running animations: the animation of a dialog may be over when the test looks. */
const LONG_ANIMATIONS = `[...document.querySelectorAll('*')].flatMap((element) =>
  ['', '::before', '::after', '::backdrop'].flatMap((part) => {
    const { animationDuration, transitionDuration } = getComputedStyle(element, part);
    const isLong = [animationDuration, transitionDuration].join().split(',').some((duration) => parseFloat(duration) > 0.01);
    return isLong ? [element.outerHTML.slice(0, 90) + part] : [];
  }))`;

const REFLOW = `(() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  const wide = [...document.querySelectorAll('dialog[open]')].filter((element) => element.scrollWidth > element.clientWidth);
  return scrollWidth <= clientWidth && wide.length === 0 ? [] : ['scrolls sideways: ' + scrollWidth + ' > ' + clientWidth];
})()`;

/** Keys in every state, with use and with events. */
async function fill(person: Person): Promise<{ id: string; rotated: string }> {
  const update = 'mutation ($id: ID!) { updateApiKey(id: $id, input: { enabled: false }) { apiKey { id } } }';
  const rotate = 'mutation ($id: ID!) { rotateApiKey(id: $id, input: { gracePeriodSeconds: 3600 }) { apiKey { id } } }';
  const use = 'query ($id: ID!) { apiKey(id: $id) { lastUsedAt } }';
  const revoke = 'mutation ($id: ID!) { revokeApiKey(id: $id, reason: "lost") { apiKey { id } } }';
  const soon = new Date(Date.now() + 2 * 86_400_000).toISOString();
  const main = await person.newKey({
    name: 'build server',
    scopes: ['orders:read'],
    expiresAt: soon,
    rateLimit: { limit: 10, windowSeconds: 60 },
  });
  const [off, old, gone] = [
    await person.newKey({ name: 'off' }),
    await person.newKey({ name: 'rotated' }),
    await person.newKey({ name: 'gone' }),
  ];
  await keyward.verify(main.plaintext, { ipAddress: '203.0.113.7', userAgent: 'curl/8.5', scopes: ['orders:read'] });
  await keyward.verify(main.plaintext, { scopes: ['orders:write'] });
  await person.ask(update, { id: off.id });
  await person.ask(rotate, { id: old.id });
  await person.ask(revoke, { id: gone.id });
  // The server writes uses about every second. Until then, the key is revoked without its name.
  await eventually(
    async () => {
      const { apiKey } = await person.ask<{ apiKey: { lastUsedAt: string | null } }>(use, { id: main.id });
      expect(apiKey.lastUsedAt).not.toBeNull();
    },
    { withinMs: 20_000 },
  );
  return { id: main.id, rotated: old.id };
}

async function problemsOfAll(page: Page, views: View[], check: (page: Page, view: string) => Promise<string[]>): Promise<string[]> {
  const problems: string[] = [];
  for (const [name, show] of views) {
    await show(page);
    problems.push(...(await check(page, name)));
  }
  return problems;
}

const reflowOf = async (page: Page, view: string) => ((await page.evaluate(REFLOW)) as string[]).map((problem) => `${view} ${problem}`);

describe.each(THEMES)('W11: console 28: in the %s theme, axe-core finds no problem', (colorScheme) => {
  test('before the sign-in', async () => {
    const { page } = await keyward.open('sign-in', { colorScheme });
    expect(await problemsOfAll(page, entryViews(keyward.url), problemsOf)).toEqual([]);
  });

  test('on an empty list, on full pages and in every dialog', async () => {
    const person = await keyward.newPerson('', { colorScheme });
    await heading(person.page, 'No keys yet').waitFor();
    expect(await problemsOf(person.page, 'empty')).toEqual([]);
    const { id, rotated } = await fill(person);
    await person.page.reload();
    expect(await problemsOfAll(person.page, pageViews(keyward.url, id, rotated), problemsOf)).toEqual([]);
    await person.page.goto(`${keyward.url}/console/`);
    expect(await problemsOfAll(person.page, dialogViews(keyward.url, id), problemsOf)).toEqual([]);
  });
});

describe('the console for everyone, in Chromium', () => {
  test('W11: console 28: at 320 px nothing scrolls sideways, with text of twice the size neither', async () => {
    const person = await keyward.newPerson('', { viewport: { width: 320, height: 640 } });
    const { id, rotated } = await fill(person);
    await person.page.reload();
    expect(await problemsOfAll(person.page, pageViews(keyward.url, id, rotated), reflowOf)).toEqual([]);
    await person.page.goto(`${keyward.url}/console/`);
    expect(await problemsOfAll(person.page, dialogViews(keyward.url, id), reflowOf)).toEqual([]);
    await person.page.setViewportSize({ width: 640, height: 640 });
    // Twice the size of text on a window of 640 px: the same space as 320 px.
    await person.page.goto(`${keyward.url}/console/`);
    await person.page.getByRole('table').waitFor();
    await person.page.evaluate(`document.documentElement.style.fontSize = '200%'`);
    expect(await reflowOf(person.page, 'keys at 200 %')).toEqual([]);
  });

  test('W11: console 28: each view names the tab, the language, its landmarks and one heading of level 1', async () => {
    const { page } = await keyward.newPerson();
    for (const [path, title] of [
      ['', 'API keys'],
      ['history', 'History'],
      ['activity', 'Activity'],
      ['account', 'Account'],
    ] as const) {
      await page.goto(`${keyward.url}/console/${path}`);
      await heading(page, title).waitFor();
      await isTitled(page, title);
      expect(await page.locator('html').getAttribute('lang')).toBe('en');
      expect(await page.getByRole('heading', { level: 1 }).allInnerTexts()).toEqual([title]);
      for (const landmark of ['banner', 'navigation', 'main'] as const) expect(await page.getByRole(landmark).count()).toBe(1);
    }
    const visitor = await keyward.open('sign-in');
    await heading(visitor.page, 'Sign in').waitFor();
    await isTitled(visitor.page, 'Sign in');
  });

  test('W11: console 28: reduced motion stops animations, and forced colours keep the words of each state', async () => {
    const person = await keyward.newPerson('', { reducedMotion: 'reduce', forcedColors: 'active' });
    await fill(person);
    await person.page.reload();
    await shows(person.page, 'Active');
    await shows(person.page, /^Ends in /);
    await openCreate(person.page);
    expect(await person.page.evaluate(LONG_ANIMATIONS)).toEqual([]);
  });

  test('console 4: nothing moves while a page loads, even on a slow processor', async () => {
    const person = await keyward.newPerson();
    const { id } = await fill(person);
    const cdp = await person.context.newCDPSession(person.page);
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: 4 });
    await person.page.addInitScript(`window.shift = 0;
      new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value; })
        .observe({ type: 'layout-shift', buffered: true });`);
    const shifts: [path: string, shift: number][] = [];
    for (const path of ['', `keys/${id}`, 'activity', 'account']) {
      await person.page.goto(`${keyward.url}/console/${path}`);
      await person.page.getByRole('table').first().waitFor();
      await person.page.waitForLoadState('networkidle');
      shifts.push([path, Number(await person.page.evaluate('window.shift'))]);
    }
    expect(shifts.filter(([, shift]) => shift > 0.02)).toEqual([]);
  });
});
