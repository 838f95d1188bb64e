import { describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { axeProblems } from '../../support/console/axe.js';
import { manageConsole, type Person } from '../../support/console/console.js';
import { button, dialog, heading, holds, openCreate, shownDialog, shows } from '../../support/console/dialogs.js';
import { PASSWORD } from '../../support/test-app.js';

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

const REFLOW = `(() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  const wide = [...document.querySelectorAll('dialog[open]')].filter((element) => element.scrollWidth > element.clientWidth);
  return scrollWidth <= clientWidth && wide.length === 0 ? [] : ['scrolls sideways: ' + scrollWidth + ' > ' + clientWidth];
})()`;

/** Keys in every state, with use and with events. */
async function fill(person: Person): Promise<{ id: string; rotated: string }> {
  const update = 'mutation ($id: ID!) { updateApiKey(id: $id, input: { enabled: false }) { apiKey { id } } }';
  const rotate = 'mutation ($id: ID!) { rotateApiKey(id: $id, input: { gracePeriodSeconds: 3600 }) { apiKey { id } } }';
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
  return { id: main.id, rotated: old.id };
}

type View = [name: string, show: (page: Page) => Promise<unknown>];

const dialogViews = (id: string): View[] => [
  ['create', openCreate],
  [
    'create with limits and errors',
    async (page) => {
      const create = dialog(page, 'Create a key');
      await create.getByText('More limits').click();
      await create.getByRole('checkbox', { name: 'Limit how often it may be used' }).check();
      await create.getByLabel('Calls', { exact: true }).fill('none');
      await create.getByLabel('Notes (JSON)').fill('{');
      await button(create, 'Create').click();
      await shows(create, /^Enter a JSON object/);
      await page.keyboard.press('Escape');
    },
  ],
  [
    'shown once',
    async (page) => {
      const create = await openCreate(page);
      await button(create, 'Create').click();
      await shownDialog(page).waitFor();
    },
  ],
  ['shown once, asking', (page) => button(page, 'Done').click()],
  [
    'revoke',
    async (page) => {
      await button(page, 'Close without copying').click();
      await button(page, 'Revoke build server').click();
      await dialog(page, 'Revoke build server?').waitFor();
    },
  ],
  [
    'revoke with an error',
    async (page) => {
      await button(page, 'Revoke key').click();
      await shows(page, 'This is not the name of the key.');
    },
  ],
  [
    'rotate',
    async (page) => {
      await button(page, 'Keep it').click();
      await button(page, 'Rotate build server').first().click();
      await dialog(page, 'Rotate build server').waitFor();
    },
  ],
  [
    'edit',
    async (page) => {
      await page.goto(`${keyward.url}/console/keys/${id}`);
      await button(page, 'Edit').click();
      await dialog(page, 'Edit build server').waitFor();
    },
  ],
  [
    'delete account',
    async (page) => {
      await page.goto(`${keyward.url}/console/account`);
      await button(page, 'Delete account').click();
      await dialog(page, 'Delete your account?').waitFor();
    },
  ],
];

const pageViews = (id: string, rotated: string): View[] => [
  ['keys', (page) => page.getByRole('table').waitFor()],
  [
    'key',
    async (page) => {
      await page.goto(`${keyward.url}/console/keys/${id}`);
      await button(page, 'Show as a table').click();
      await page.getByRole('table', { name: 'Events' }).waitFor();
    },
  ],
  [
    'rotated key',
    async (page) => {
      await page.goto(`${keyward.url}/console/keys/${rotated}`);
      await heading(page, 'Rotation').waitFor();
    },
  ],
  [
    'history',
    async (page) => {
      await page.goto(`${keyward.url}/console/history`);
      await page.getByRole('table').waitFor();
    },
  ],
  [
    'activity',
    async (page) => {
      await page.goto(`${keyward.url}/console/activity`);
      await page.getByRole('table').waitFor();
    },
  ],
  [
    'account',
    async (page) => {
      await page.goto(`${keyward.url}/console/account`);
      await page.getByRole('table').waitFor();
    },
  ],
  [
    'missing key',
    async (page) => {
      await page.goto(`${keyward.url}/console/keys/00000000-0000-7000-8000-000000000000`);
      await heading(page, 'Key not found').waitFor();
    },
  ],
  [
    'missing page',
    async (page) => {
      await page.goto(`${keyward.url}/console/nowhere`);
      await heading(page, 'Page not found').waitFor();
    },
  ],
];

const entryViews: View[] = [
  ['sign-in', (page) => heading(page, 'Sign in').waitFor()],
  [
    'sign-in with errors',
    async (page) => {
      await button(page, 'Sign in').click();
      await page.locator('[aria-invalid]').first().waitFor();
    },
  ],
  ['sign-up', (page) => page.goto(`${keyward.url}/console/sign-up`)],
  ['reset', (page) => page.goto(`${keyward.url}/console/reset#token=abc`)],
  [
    'reset without a token',
    async (page) => {
      await page.goto(`${keyward.url}/console/reset`);
      await page.reload();
      await shows(page, /^This link has no reset token/);
    },
  ],
];

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
    expect(await problemsOfAll(page, entryViews, problemsOf)).toEqual([]);
  });

  test('on an empty list, on full pages and in every dialog', async () => {
    const person = await keyward.newPerson('', { colorScheme });
    await heading(person.page, 'No keys yet').waitFor();
    expect(await problemsOf(person.page, 'empty')).toEqual([]);
    const { id, rotated } = await fill(person);
    await person.page.reload();
    expect(await problemsOfAll(person.page, [...pageViews(id, rotated)], problemsOf)).toEqual([]);
    await person.page.goto(`${keyward.url}/console/`);
    expect(await problemsOfAll(person.page, dialogViews(id), problemsOf)).toEqual([]);
  });
});

describe('the console for everyone, in Chromium', () => {
  test('W11: console 28: at 320 px nothing scrolls sideways, with text of twice the size neither', async () => {
    const person = await keyward.newPerson('', { viewport: { width: 320, height: 640 } });
    const { id, rotated } = await fill(person);
    await person.page.reload();
    expect(await problemsOfAll(person.page, pageViews(id, rotated), reflowOf)).toEqual([]);
    await person.page.goto(`${keyward.url}/console/`);
    expect(await problemsOfAll(person.page, dialogViews(id), reflowOf)).toEqual([]);
    await person.page.setViewportSize({ width: 640, height: 640 });
    // Twice the size of text on a window of 640 px: the same space as 320 px.
    await person.page.goto(`${keyward.url}/console/`);
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
      expect(await page.title()).toBe(`${title} · Keyward`);
      expect(await page.locator('html').getAttribute('lang')).toBe('en');
      expect(await page.getByRole('heading', { level: 1 }).allInnerTexts()).toEqual([title]);
      for (const landmark of ['banner', 'navigation', 'main'] as const) expect(await page.getByRole(landmark).count()).toBe(1);
    }
    const visitor = await keyward.open('sign-in');
    await heading(visitor.page, 'Sign in').waitFor();
    expect(await visitor.page.title()).toBe('Sign in · Keyward');
  });

  test('W11: console 28: the whole life of a key and of a session by keyboard alone', async () => {
    const { page } = await keyward.open('sign-up');
    await page.locator('#app input').first().waitFor();
    const keys = new Keyboard(page);
    await keys.to('Email');
    await page.keyboard.type('keyboard@example.com');
    await keys.to('Password');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await heading(page, 'No keys yet').waitFor();

    await keys.press('Create key');
    expect(await keys.focused()).toBe('Name');
    await page.keyboard.type('build server');
    await page.keyboard.press('Enter');
    await shownDialog(page).waitFor();
    expect(await keys.focused()).toBe('Your new key');
    await page.keyboard.press('Control+C');
    await shows(page, 'Copied');
    await keys.press('Done');
    await shownDialog(page).waitFor({ state: 'detached' });
    expect(await keys.focused()).not.toBe('');

    await keys.press('Rotate build server');
    await dialog(page, 'Rotate build server').waitFor();
    await page.keyboard.press('Escape');
    await dialog(page, 'Rotate build server').waitFor({ state: 'detached' });
    await holds(page, `document.activeElement.getAttribute('aria-label') === 'Rotate build server'`);

    await keys.to('build server');
    await page.keyboard.press('Enter');
    await button(page, 'Edit').waitFor();
    expect(await keys.focused()).toBe('build server');
    await keys.press('Edit');
    await page.keyboard.type(' 2');
    await page.keyboard.press('Enter');
    await shows(page, /^Saved /);
    await keys.press('Switch off');
    await page.getByText('Off', { exact: true }).waitFor();
    await keys.press('Revoke');
    expect(await keys.focused()).toBe('Keep it');
    await keys.press('Revoke key');
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
    await keys.to('Sign out');
    await page.keyboard.press('Space');
    await heading(page, 'Sign in').waitFor();
  });

  test('W11: console 28: reduced motion stops animations, and forced colours keep the words of each state', async () => {
    const person = await keyward.newPerson('', { reducedMotion: 'reduce', forcedColors: 'active' });
    await fill(person);
    await person.page.reload();
    await shows(person.page, 'Active');
    await shows(person.page, /^Ends in /);
    await button(person.page, 'Create key').click();
    const running = await person.page.evaluate(
      `document.getAnimations().filter((each) => each.effect.getComputedTiming().duration > 10).map((each) => each.animationName ?? each.transitionProperty)`,
    );
    expect(running).toEqual([]);
  });

  test('console 4: nothing moves while a page loads, even on a slow processor', async () => {
    const person = await keyward.newPerson();
    const { id } = await fill(person);
    const cdp = await person.context.newCDPSession(person.page);
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: 4 });
    await person.page.addInitScript(`window.shift = 0;
      new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value; })
        .observe({ type: 'layout-shift', buffered: true });`);
    for (const path of ['', `keys/${id}`, 'activity', 'account']) {
      await person.page.goto(`${keyward.url}/console/${path}`);
      await person.page.getByRole('table').first().waitFor();
      await person.page.waitForLoadState('networkidle');
      expect([path, Number(await person.page.evaluate('window.shift'))]).toEqual([path, expect.closeTo(0, 2)]);
      expect(Number(await person.page.evaluate('window.shift'))).toBeLessThanOrEqual(0.02);
    }
  });
});

/** Moves the focus by the Tab key alone, as a user without a mouse does. */
class Keyboard {
  constructor(readonly page: Page) {}

  /** Returns the accessible name of the element that has the focus. */
  async focused(): Promise<string> {
    return String(
      await this.page.evaluate(`(() => {
        const element = document.activeElement;
        if (!element || element === document.body) return '';
        const label = element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent;
        return label.trim();
      })()`),
    );
  }

  async to(name: string): Promise<void> {
    for (let step = 0; step < 60; step++) {
      if ((await this.focused()) === name) return;
      await this.page.keyboard.press('Tab');
    }
    throw new Error(`Tab does not lead to ${name}.`);
  }

  async press(name: string): Promise<void> {
    await this.to(name);
    await this.page.keyboard.press('Enter');
  }
}
