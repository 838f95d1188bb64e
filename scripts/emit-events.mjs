// Writes docs/webhook-events.md, and the webhooks of docs/openapi.yaml, from the types of the events, with a JSON Schema for each. With
// --check it writes nothing, and exits with 1 if one of the two files is out of date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { EVENT_TYPES } from '../dist/webhooks/event-types.js';
import { eventSchemaOf, openApiParts } from './lib/event-schemas.mjs';
import { root } from './lib/prepare.mjs';

const HEADER = `# Webhook events

This page is generated from \`src/webhooks/event-types.ts\` by \`npm run codegen\`. [Webhooks](webhooks.md)
describes how to receive the events, and [openapi.yaml](openapi.yaml) describes the requests for
programs.`;

const COLUMNS_MAX = 100;

/** @param {string} text @returns {string} lines of at most COLUMNS_MAX columns */
function wrapped(text) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = `${lines.at(-1)} ${word}`.trimStart();
    if (line.length > COLUMNS_MAX) lines.push(word);
    else lines[lines.length - 1] = line;
  }
  return lines.join('\n');
}

/** @param {import('../src/webhooks/event-types.js').EventType} type */
function sectionOf(type) {
  const schema = eventSchemaOf(type);
  return `## ${type}\n\n${wrapped(schema.properties.data.description)}\n\n\`\`\`json\n${JSON.stringify(schema, null, 2)}\n\`\`\``;
}

/** Replaces the generated part of a document, between a comment that names the part and the end of the part. */
function withPart(/** @type {string} */ document, /** @type {{ name: string, indent: string, text: string }} */ { name, indent, text }) {
  const begin = `${indent}# The ${name} are generated from src/webhooks/event-types.ts by: npm run codegen\n`;
  const end = `${indent}# End of the generated ${name}.\n`;
  const [before, rest, ...more] = document.split(begin);
  const [, after] = rest?.split(end) ?? [];
  if (after === undefined || more.length > 0) throw new Error(`docs/openapi.yaml must contain both comments about the ${name} once`);
  return `${before}${begin}${text}${end}${after}`;
}

const page = path.join(root, 'docs/webhook-events.md');
const openApi = path.join(root, 'docs/openapi.yaml');
const outputs = [
  { file: page, text: `${[HEADER, ...EVENT_TYPES.map(sectionOf)].join('\n\n')}\n` },
  { file: openApi, text: openApiParts().reduce(withPart, readFileSync(openApi, 'utf8')) },
];

for (const { file, text } of outputs) {
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    console.error(`${path.relative(root, file)} is out of date. Run: npm run codegen`);
    process.exitCode = 1;
  }
}
