import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

test.each([
  ['nginx', 'nginx.conf'],
  ['caddy', 'Caddyfile'],
])('docs/gateways.md contains the exact file that the tests run: %s', (language, file) => {
  const blocks = [...readFileSync('docs/gateways.md', 'utf8').matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))];
  expect(blocks.map(([, block]) => block)).toEqual([readFileSync(`examples/${file}`, 'utf8')]);
});
