import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** The shades of a transition are not those of the page. A document does not list the animations of its shadow roots. */
const ANIMATIONS_END = `(() => {
  const roots = [document, ...[...document.querySelectorAll('*')].flatMap((element) => element.shadowRoot ?? [])];
  const ending = roots.flatMap((root) => root.getAnimations()).filter((each) => each.effect.getComputedTiming().iterations !== Infinity);
  return Promise.all(ending.map((each) => each.finished.catch(() => undefined)));
})()`;

interface Result {
  id: string;
  nodes: { html: string; failureSummary?: string }[];
}

/** Returns the problems that axe-core finds on the page, with the elements that have them. The page’s policy permits the check. */
export async function axeProblems(page: Page, context = 'document'): Promise<string[]> {
  await page.evaluate(ANIMATIONS_END);
  await page.evaluate(SOURCE);
  const { violations } = (await page.evaluate(
    `axe.run(${context}, ${JSON.stringify({ runOnly: TAGS, resultTypes: ['violations'] })})`,
  )) as {
    violations: Result[];
  };
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`));
}
