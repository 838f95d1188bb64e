// npm run migrate:create -- NAME: writes prisma/migrations/<time>_NAME with the SQL from the last migration's
// schema.prisma to the current one. Triggers and data changes are added to the SQL by hand.
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { diffSchemas } from './lib/schema-diff.mjs';

const name = process.argv[2];
if (!/^[a-z0-9]+(_[a-z0-9]+)*$/.test(name ?? '')) {
  console.error('usage: npm run migrate:create -- NAME     (lower-case words joined by _)');
  process.exit(2);
}
const root = path.resolve(import.meta.dirname, '..');
const schemaFile = path.join(root, 'prisma/schema.prisma');
const migrationsDir = path.join(root, 'prisma/migrations');

const folders = (await readdir(migrationsDir, { withFileTypes: true })).filter((entry) => entry.isDirectory());
const last = folders
  .map((entry) => entry.name)
  .sort()
  .at(-1);
const before = last ? await readFile(path.join(migrationsDir, last, 'schema.prisma'), 'utf8') : null;
const sql = await diffSchemas(before, await readFile(schemaFile, 'utf8'));

// The form that Prisma uses, UTC to the second. The new name must be later than the last name, which keeps the order.
const stamp = new Date().toISOString().replace(/[-:T]/g, '').slice(0, 14);
const folder = path.join(migrationsDir, `${stamp}_${name}`);
if (existsSync(folder) || (last && last.slice(0, 14) >= stamp)) {
  console.error(`A migration with this timestamp or a later one already exists: ${last}. Wait a second, and try again.`);
  process.exit(1);
}
await mkdir(folder);
await writeFile(path.join(folder, 'migration.sql'), sql);
await copyFile(schemaFile, path.join(folder, 'schema.prisma'));
if (!existsSync(path.join(migrationsDir, 'migration_lock.toml'))) {
  await writeFile(path.join(migrationsDir, 'migration_lock.toml'), 'provider = "postgresql"\n');
}
console.log(`${path.relative(process.cwd(), folder)}/migration.sql\n\n${sql}`);
