// Writes schema.graphql from the resolvers. With --check it writes nothing, and exits with 1 if the file is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { buildKeywardSchema } from '../dist/keyward-schema.js';
import { root } from './lib/prepare.mjs';

const file = path.join(root, 'schema.graphql');
// Nothing is resolved, so the resolvers need no services.
const services = /** @type {Parameters<typeof buildKeywardSchema>[0]} */ ({});
const text = `# Generated from the resolvers by: npm run codegen\n\n${printSchema(lexicographicSortSchema(buildKeywardSchema(services)))}\n`;
if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (readFileSync(file, 'utf8') !== text) {
  console.error('schema.graphql is out of date. Run: npm run codegen');
  process.exit(1);
}
