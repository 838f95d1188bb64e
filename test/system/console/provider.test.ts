import { afterAll, describe, expect, test } from '@jest/globals';
import { manageConsole, type Visitor } from '../../support/console/console.js';
import { button, createKey, dismissKey, field, heading, link, shows } from '../../support/console/dialogs.js';
import { AUDIENCE, type IdentityProvider, startIdentityProvider } from '../../support/console/identity-provider.js';
import { freePort } from '../../support/program.js';
import { PASSWORD } from '../../support/test-app.js';

const providers: IdentityProvider[] = [];

async function providerSettings(mode: 'external' | 'both'): Promise<Record<string, string>> {
  const port = await freePort();
  const provider = await startIdentityProvider(`http://127.0.0.1:${port}`);
  providers.push(provider);
  return {
    PORT: `${port}`,
    AUTH_MODE: mode,
    AUTH_ISSUER: provider.issuer,
    AUTH_AUDIENCE: AUDIENCE,
    AUTH_JWKS_URL: provider.jwksUrl,
    AUTH_CONSOLE_CLIENT_ID: 'console',
  };
}
afterAll(() => {
  for (const provider of providers) provider.close();
});

/** Accepts what the pages of the provider do themselves. */
function expectProvider(visitor: Visitor, issuer: string): void {
  visitor.expectOrigin(issuer);
  // Its pages ask for a font, which does not arrive.
  visitor.expectOrigin('https://fonts.googleapis.com');
  visitor.expectMessage(/fonts\.googleapis\.com|favicon\.ico|violation of form-action|\/interaction\//);
}

/** Signs in on the pages of the provider, and consents. */
async function signInThere({ page }: Visitor, name: string): Promise<void> {
  await page.locator('input[name=login]').fill(name);
  await page.locator('input[name=password]').fill('any');
  await page.locator('button[type=submit]').click();
  const consent = page.getByRole('button', { name: 'Continue' });
  const isBack = page.waitForURL(({ pathname }) => pathname.startsWith('/console/')).then(() => false);
  const asks = await Promise.race([isBack, consent.waitFor().then(() => true)]);
  if (asks) await consent.click();
  await isBack;
}

describe('the console with an identity provider alone, in Chromium', () => {
  const keyward = manageConsole(() => providerSettings('external'));
  const issuer = () => keyward.settings().AUTH_ISSUER ?? '';

  test('console 25: signs in by code, PKCE, state and nonce, and keeps none of them', async () => {
    const visitor = await keyward.open('history');
    expectProvider(visitor, issuer());
    const { page, context, requests } = visitor;
    // The page asks the provider once whether the user is signed in there.
    await button(page, 'Sign in').waitFor();
    expect(await page.locator('input').count()).toBe(0);
    await button(page, 'Sign in').click();
    await signInThere(visitor, 'ann');
    await heading(page, 'History').waitFor();
    expect(page.url()).toBe(`${keyward.url}/console/history`);

    const sent = requests.map((request) => new URL(request.url())).filter(({ pathname }) => pathname === '/auth');
    for (const { searchParams } of sent) {
      expect(Object.fromEntries(searchParams)).toMatchObject({
        response_type: 'code',
        code_challenge_method: 'S256',
        state: expect.stringMatching(/^[\w-]{43}$/),
        nonce: expect.stringMatching(/^[\w-]{43}$/),
        code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      });
    }
    expect(sent.map(({ searchParams }) => searchParams.get('prompt'))).toEqual(['none', null]);
    expect(await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])')).not.toMatch(
      /verifier|state|nonce|ey[A-Z]/,
    );
    expect((await context.cookies(keyward.url)).filter(({ name }) => name.includes('keyward'))).toEqual([]);
    await page.goBack();
    expect(page.url()).not.toMatch(/[?&]code=/);
  });

  test('console 25: creates keys, continues after a reload, and leaves the account to the provider', async () => {
    const visitor = await keyward.open();
    expectProvider(visitor, issuer());
    const { page } = visitor;
    await button(page, 'Sign in').click();
    await signInThere(visitor, 'bea');
    await heading(page, 'No keys yet').waitFor();
    const plaintext = await createKey(page, 'build server');
    expect(await keyward.verify(plaintext)).toBe('VALID');
    await dismissKey(page);
    await page.reload();
    await shows(page, 'build server');
    await link(page, 'Account').click();
    await heading(page, 'Account').waitFor();
    await shows(page, issuer());
    expect(await page.locator('input[type=password]').count()).toBe(0);
    expect(await page.getByRole('button', { name: /password|Delete account|End/ }).count()).toBe(0);
    await button(page, 'Sign out').click();
    await page.waitForURL((url) => url.origin === issuer());
    await page.locator('button[name=logout], button[autofocus]').first().click();
    await heading(page, 'Sign in').waitFor();
    expect(await page.content()).not.toContain('build server');
  });

  test.each([
    ['a wrong state', (url: URL) => url.searchParams.set('state', 'x'.repeat(43))],
    ['no state', (url: URL) => url.searchParams.delete('state')],
    ['a wrong code', (url: URL) => url.searchParams.set('code', 'x'.repeat(43))],
    ['another issuer', (url: URL) => url.searchParams.set('iss', 'https://evil.example')],
  ])('console 25: rejects a callback with %s, and the code leaves the address bar', async (_name, change) => {
    const visitor = await keyward.open('sign-in');
    expectProvider(visitor, issuer());
    visitor.expectMessage(/status of 400 .*\/token$|ERR_FAILED/);
    const { page } = visitor;
    await button(page, 'Sign in').waitFor();
    // The callback arrives without the application, so that the test can change it first.
    await page.route('**/assets/app-*.js', (route) => route.abort());
    await button(page, 'Sign in').click();
    await signInThere(visitor, 'cleo');
    await page.waitForURL(`${keyward.url}/console/callback?*`);
    await page.unroute('**/assets/app-*.js');
    const url = new URL(page.url());
    change(url);
    await page.goto(url.href);
    await heading(page, 'Sign-in failed').waitFor();
    expect(page.url()).toBe(`${keyward.url}/console/callback`);
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
  });
});

describe('the console with both kinds of accounts, in Chromium', () => {
  const keyward = manageConsole(() => providerSettings('both'));
  const issuer = () => keyward.settings().AUTH_ISSUER ?? '';

  test('console 25: offers both ways in, and each kind of user sees the account page of its kind', async () => {
    const visitor = await keyward.newPerson('account');
    await button(visitor.page, 'Change password').waitFor();
    await button(visitor.page, 'Sign out').click();
    await field(visitor.page, 'Email').fill(visitor.email);
    await field(visitor.page, 'Password').fill(PASSWORD);
    const other = visitor.page.getByRole('button', { name: `Sign in with ${new URL(issuer()).host}` });
    await other.waitFor();
    await button(visitor.page, 'Sign in').click();
    await button(visitor.page, 'Change password').waitFor();
    await button(visitor.page, 'Sign out').click();
    expectProvider(visitor, issuer());
    await other.click();
    await signInThere(visitor, 'dora');
    await shows(visitor.page, 'dora@example.com');
    await link(visitor.page, 'Account').click();
    await shows(visitor.page, issuer());
    expect(await button(visitor.page, 'Change password').count()).toBe(0);
  });
});
