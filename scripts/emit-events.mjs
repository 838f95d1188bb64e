// Writes docs/webhook-events.md from the types of the events, with a JSON Schema for each. With --check it writes nothing, and exits
// with 1 if the page is out of date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { bodySchemaOf, EVENT_TYPES } from '../dist/webhooks/event-types.js';
import { root } from './lib/prepare.mjs';

const HEADER = `# Webhook events

This page is generated from \`src/webhooks/event-types.ts\` by \`npm run codegen\`. [Webhooks](webhooks.md)
describes how to receive the events.`;

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
  const schema = bodySchemaOf(type);
  const description = wrapped(schema.shape.data.description ?? '');
  return `## ${type}\n\n${description}\n\n\`\`\`json\n${JSON.stringify(z.toJSONSchema(schema), null, 2)}\n\`\`\``;
}

const file = path.join(root, 'docs/webhook-events.md');
const text = `${[HEADER, ...EVENT_TYPES.map(sectionOf)].join('\n\n')}\n`;
if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
  console.error('docs/webhook-events.md is out of date. Run: npm run codegen');
  process.exit(1);
}
