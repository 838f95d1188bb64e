// Writes the table in docs/access.md from the access that the operations declare. With --check it writes nothing, and exits with 1
// if the page is out of date. test/auth/access.test.ts compares the declared access with what each caller can do.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { accessOf } from '../dist/auth/access-middleware.js';
import { buildKeywardSchema } from '../dist/keyward-schema.js';
import { root } from './lib/prepare.mjs';

/** @typedef {import('../src/auth/caller.js').Access} Access */

const BEGIN = '<!-- Generated from the marks of the operations by: npm run codegen -->\n';
const END = '<!-- End of the generated table. -->\n';

/** @param {Access} access @returns {string[]} */
const cellsOf = ({ people, services, portal }) => [
  people ? 'yes' : '',
  services === 'acting' ? 'yes' : '',
  services === 'acting' || services === 'none' ? '' : services === 'any' ? 'any' : `\`${services}\``,
  portal === null ? '' : portal.length === 0 ? 'any' : portal.map((permission) => `\`${permission}\``).join(' or '),
];

/** @param {[name: string, access: Access | 'public']} entry */
const rowOf = ([name, access]) => `| \`${name}\` | ${(access === 'public' ? ['everyone', '', '', ''] : cellsOf(access)).join(' | ')} |`;

const file = path.join(root, 'docs/access.md');
const page = readFileSync(file, 'utf8');
const [before, rest] = page.split(BEGIN);
const [, after] = rest?.split(END) ?? [];
if (after === undefined) throw new Error('docs/access.md must contain both markers of the table');
// Nothing is resolved, so the resolvers need no services.
const schema = buildKeywardSchema(/** @type {any} */ ({}));
const rows = [...accessOf(schema)].sort(([one], [other]) => one.localeCompare(other)).map(rowOf);
const table = ['| operation | user | service that acts | service | portal session |', '| --- | --- | --- | --- | --- |', ...rows].join(
  '\n',
);
const text = `${before}${BEGIN}\n${table}\n\n${END}${after}`;
if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (text !== page) {
  console.error('docs/access.md is out of date. Run: npm run codegen');
  process.exit(1);
}
