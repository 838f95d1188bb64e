import { describe, expect, test } from '@jest/globals';
import { manageConsole, type Person } from '../../support/console/console.js';
import { button, createKey, dialog, dismissKey, heading, link, newKeyField, shownDialog, shows } from '../../support/console/dialogs.js';

const keyward = manageConsole();

/** Everything that scripts of the page, and the browser for them, can reach. */
const WHOLE_PAGE = `(async () => {
  const parts = [location.href, JSON.stringify(history.state), document.cookie, document.title];
  parts.push(JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }), String(getSelection()));
  const visit = (root) => {
    parts.push(root.innerHTML ?? '');
    for (const element of root.querySelectorAll('*')) {
      if ('value' in element) parts.push(String(element.value));
      if (element.shadowRoot) visit(element.shadowRoot);
    }
  };
  visit(document.documentElement);
  for (const { name } of await indexedDB.databases()) parts.push('database ' + name);
  for (const name of await caches.keys()) parts.push('cache ' + name);
  return parts.join('\\n');
})()`;

/** Returns the text of the page's heap after a collection of garbage. */
async function heapOf({ context, page }: Person): Promise<string> {
  const cdp = await context.newCDPSession(page);
  const chunks: string[] = [];
  cdp.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => void chunks.push(chunk));
  await cdp.send('HeapProfiler.enable');
  for (let round = 0; round < 3; round++) await cdp.send('HeapProfiler.collectGarbage');
  await cdp.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
  await cdp.detach();
  return chunks.join('');
}

/** Requires that no trace of the plaintext is left. `sinceRequest` is the number of requests until the dialog was closed. */
async function expectNowhere(person: Person, plaintext: string, sinceRequest: number): Promise<void> {
  const [, secret = ''] = plaintext.split('.');
  expect(secret.length).toBeGreaterThan(20);
  const { page, context, requests, messages } = person;
  expect(String(await page.evaluate(WHOLE_PAGE))).not.toContain(secret);
  expect(JSON.stringify(await context.storageState())).not.toContain(secret);
  expect(messages.join('\n')).not.toContain(secret);
  const sent = requests.slice(sinceRequest).map((request) => `${request.url()} ${request.postData()} ${JSON.stringify(request.headers())}`);
  expect(sent.join('\n')).not.toContain(secret);
  expect(keyward.server.stdout() + keyward.server.stderr()).not.toContain(secret);
  const heap = await heapOf(person);
  // The heap holds other texts of the page, so the snapshot is one of this page. A failure must not print the whole heap.
  expect(heap.includes('It is shown once. Keyward keeps only a hash of it.')).toBe(true);
  expect(heap.includes(secret)).toBe(false);
}

/** Reads the clipboard as another program would. */
async function clipboardOf({ context, page }: Person): Promise<string> {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: keyward.url });
  return String(await page.evaluate('navigator.clipboard.readText()'));
}

const asksBeforeUnload = (page: Person['page']) =>
  page.evaluate(`(() => {
    const event = new Event('beforeunload', { cancelable: true });
    dispatchEvent(event);
    return event.defaultPrevented;
  })()`);

describe('the dialog that shows a key once, in Chromium', () => {
  test('console 12: "Done" asks before the key was copied, and a warning guards the tab until then', async () => {
    const person = await keyward.newPerson();
    const { page } = person;
    expect(await asksBeforeUnload(page)).toBe(false);
    const plaintext = await createKey(page, 'build server');
    expect(await asksBeforeUnload(page)).toBe(true);
    for (const close of [() => button(page, 'Done').click(), () => page.keyboard.press('Escape')]) {
      await close();
      await shows(shownDialog(page), 'You haven’t copied the key. It cannot be shown again.');
      expect(await newKeyField(page).inputValue()).toBe(plaintext);
    }
    await button(page, 'Copy key').click();
    // The warning of the dialog has the word too.
    await page.getByText('Copied', { exact: true }).waitFor();
    expect(await clipboardOf(person)).toBe(plaintext);
    expect(await asksBeforeUnload(page)).toBe(false);
    await button(page, 'Done').click();
    await shownDialog(page).waitFor({ state: 'detached' });
  });

  test('console 12: "Done" does not ask after Ctrl+C', async () => {
    const person = await keyward.newPerson();
    const plaintext = await createKey(person.page, 'build server');
    await newKeyField(person.page).focus();
    await person.page.keyboard.press('Control+C');
    expect(await clipboardOf(person)).toBe(plaintext);
    await button(person.page, 'Done').click();
    await shownDialog(person.page).waitFor({ state: 'detached' });
  });

  test('console 13: where the browser denies copying, the key stays, its text is selected, and "Copied" is not claimed', async () => {
    const { page } = await keyward.newPerson();
    const plaintext = await createKey(page, 'build server');
    await page.evaluate(`(() => {
      navigator.clipboard.writeText = () => Promise.reject(new DOMException('denied', 'NotAllowedError'));
      document.execCommand = () => false;
    })()`);
    await button(page, 'Copy key').click();
    await shows(page, 'The browser does not allow copying. The text is selected: press Ctrl+C.');
    expect(await page.getByText('Copied', { exact: true }).count()).toBe(0);
    const area = await newKeyField(page).evaluate((area) => {
      const { value, selectionStart, selectionEnd } = area as unknown as { value: string; selectionStart: number; selectionEnd: number };
      return value.slice(selectionStart, selectionEnd);
    });
    expect(area).toBe(plaintext);
    await dismissKey(page);
  });

  test('W3: console 14: a created key is nowhere after its dialog was closed, nor after back, forward and reload', async () => {
    const person = await keyward.newPerson();
    const { page, requests } = person;
    const plaintext = await createKey(page, 'build server');
    await dismissKey(page);
    const closed = requests.length;
    await shows(page, 'build server');
    await expectNowhere(person, plaintext, closed);
    await link(page, 'History').click();
    await page.goBack();
    await page.reload();
    await shows(page, 'build server');
    expect(await shownDialog(page).count()).toBe(0);
    await expectNowhereInPage(person, plaintext, closed);
  });

  test('W3: console 14: a rotated key is nowhere after its dialog was closed', async () => {
    const person = await keyward.newPerson();
    const { page, requests, newKey } = person;
    const old = await newKey({ name: 'build server' });
    await page.reload();
    await button(page, 'Rotate build server').click();
    await button(dialog(page, 'Rotate build server'), 'Rotate key').click();
    await shownDialog(page).waitFor();
    const plaintext = await newKeyField(page).inputValue();
    expect(plaintext).not.toBe(old.plaintext);
    await button(page, 'Copy key').click();
    await shows(page, 'Copied');
    await button(page, 'Done').click();
    await shownDialog(page).waitFor({ state: 'detached' });
    await expectNowhere(person, plaintext, requests.length);
  });

  test('W3: console 14: a key is nowhere after the page was left by the back button with its dialog open', async () => {
    const person = await keyward.newPerson('history');
    const { page, requests } = person;
    await link(page, 'API keys').click();
    const plaintext = await createKey(page, 'build server');
    await page.goBack();
    await heading(page, 'History').waitFor();
    await expectNowhere(person, plaintext, requests.length);
    await page.goForward();
    await shows(page, 'build server');
    expect(await shownDialog(page).count()).toBe(0);
  });

  test('W3: console 14: a key is not on the page after a sign-out in another tab', async () => {
    const person = await keyward.newPerson();
    const { page, context } = person;
    const plaintext = await createKey(page, 'build server');
    const other = await context.newPage();
    await other.goto(`${keyward.url}/console/`);
    await button(other, 'Sign out').click();
    await heading(page, 'Sign in').waitFor();
    await expectNowhereInPage(person, plaintext, person.requests.length);
  });
});

/** A page that was loaded again holds nothing of the earlier one, so its heap is left out. */
async function expectNowhereInPage(person: Person, plaintext: string, sinceRequest: number): Promise<void> {
  const [, secret = ''] = plaintext.split('.');
  expect(String(await person.page.evaluate(WHOLE_PAGE))).not.toContain(secret);
  const sent = person.requests.slice(sinceRequest).map((request) => `${request.url()} ${request.postData()}`);
  expect(sent.join('\n')).not.toContain(secret);
}
