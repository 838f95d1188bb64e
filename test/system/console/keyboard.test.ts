import { describe, expect, test } from '@jest/globals';
import { manageConsole } from '../../support/console/console.js';
import { button, dialog, heading, isTitled, keyRow, shownDialog, shows } from '../../support/console/dialogs.js';
import { Keyboard } from '../../support/console/keyboard.js';
import { PASSWORD } from '../../support/test-app.js';

const keyward = manageConsole();

describe('the console without a mouse, in Chromium', () => {
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
    await keys.at('Name');
    await page.keyboard.type('build server');
    await page.keyboard.press('Enter');
    await shownDialog(page).waitFor();
    await keys.at('Your new key');
    await page.keyboard.press('Control+C');
    await shows(page, 'Copied');
    // The focus goes to the heading because the list has replaced the first button.
    await keyRow(page, 'build server').waitFor();
    await keys.press('Done');
    await shownDialog(page).waitFor({ state: 'detached' });
    await keys.at('API keys');

    await keys.press('Rotate build server');
    await dialog(page, 'Rotate build server').waitFor();
    await page.keyboard.press('Escape');
    await dialog(page, 'Rotate build server').waitFor({ state: 'detached' });
    await keys.at('Rotate build server');

    await keys.to('build server');
    await page.keyboard.press('Enter');
    await button(page, 'Edit').waitFor();
    await keys.at('build server');
    await keys.press('Edit');
    await keys.at('Name');
    await page.keyboard.type(' 2');
    await page.keyboard.press('Enter');
    await shows(page, /^Saved /);
    await keys.press('Switch off');
    await page.getByText('Off', { exact: true }).waitFor();
    await keys.press('Revoke');
    await keys.at('Keep it');
    await keys.press('Revoke key');
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
    await keys.to('Sign out');
    await page.keyboard.press('Space');
    await heading(page, 'Sign in').waitFor();
    await isTitled(page, 'Sign in');
    expect(await page.content()).not.toContain('build server');
  });
});
