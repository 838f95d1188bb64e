import { expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { eventually } from '../eventually.js';

/** Moves the focus by the Tab key alone, as a user without a mouse does. */
export class Keyboard {
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

  /** Waits until the element with this name has the focus. */
  async at(name: string): Promise<void> {
    await this.#nextFrame();
    await eventually(async () => expect(await this.focused()).toBe(name), { withinMs: 5_000 });
  }

  /** Presses Tab until the element with this name has the focus. */
  async to(name: string): Promise<void> {
    await this.#nextFrame();
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

  /** Waits for the next frame. In it, the page moves the focus after it has removed a dialog. */
  async #nextFrame(): Promise<void> {
    await this.page.evaluate('new Promise(requestAnimationFrame)');
  }
}
