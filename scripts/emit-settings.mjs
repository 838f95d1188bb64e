// Writes .env.example and the table in docs/configuration.md from src/config-settings.ts. With --check it writes nothing, and
// exits with 1 if one of the two files is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SETTINGS } from '../dist/config-settings.js';
import { root } from './lib/prepare.mjs';

/** @typedef {import('../src/config-setting.js').Setting} Setting */

const COLUMNS_MAX = 100;

const ORIGIN = 'Generated from src/config-settings.ts by: npm run codegen';

const HEADER = `Every setting of Keyward, with its default. Copy the settings that you change to \`.env\`, or set them in the environment, which \
has precedence. An empty or blank value counts as unset. The server reports all errors together when it starts. An empty or \
repeated item in a list is an error, so that "$A,$B" with unset variables never becomes an empty list.`;

/** Matches a space outside code, so that no command in backticks is wrapped. */
const SPACE = / (?=(?:[^`]*`[^`]*`)*[^`]*$)/;

/** @param {string} text @returns {string} comment lines of at most COLUMNS_MAX columns */
function comment(text) {
  const lines = ['#'];
  for (const word of text.split(SPACE)) {
    const line = `${lines.at(-1)} ${word}`;
    if (line.length > COLUMNS_MAX) lines.push(`# ${word}`);
    else lines[lines.length - 1] = line;
  }
  return lines.join('\n');
}

/** Replaces the links of a Markdown text by the paths of the pages. @param {string} text */
const withoutLinks = (text) => text.replace(/\[([^\]]*)\]\(([^)#]*)[^)]*\)/g, '$1 (see docs/$2)');

/** @param {Setting} setting */
const exampleOf = ({ name, form, default: value, description }) =>
  `${comment(`${withoutLinks(description)} The value is ${form}.`)}\n${name}=${value ?? ''}`;

/** @param {Setting} setting */
const rowOf = ({ name, form, default: value, description }) =>
  `| \`${name}\` | ${value === null ? 'unset' : `\`${value}\``} | ${form} | ${description} |`;

const BEGIN = `<!-- ${ORIGIN} -->\n`;
const END = '<!-- End of the generated table. -->\n';

/** @param {string} page @returns {string} the page with the current table between its markers */
function withTable(page) {
  const [before, rest, ...more] = page.split(BEGIN);
  const [, after] = rest?.split(END) ?? [];
  if (after === undefined || more.length > 0) throw new Error('docs/configuration.md must contain both markers of the table once');
  const table = ['| setting | default | value | description |', '| --- | --- | --- | --- |', ...SETTINGS.map(rowOf)].join('\n');
  return `${before}${BEGIN}\n${table}\n\n${END}${after}`;
}

const page = path.join(root, 'docs/configuration.md');
const outputs = [
  { file: path.join(root, '.env.example'), text: `${[comment(ORIGIN), comment(HEADER), ...SETTINGS.map(exampleOf)].join('\n\n')}\n` },
  { file: page, text: withTable(readFileSync(page, 'utf8')) },
];

for (const { file, text } of outputs) {
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) {
    console.error(`${path.relative(root, file)} is out of date. Run: npm run codegen`);
    process.exitCode = 1;
  }
}
