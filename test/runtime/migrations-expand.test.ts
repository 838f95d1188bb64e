import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { MIGRATIONS_DIR } from '../../src/runtime/migrations.js';

/** Changes that an older, still running version can fail on: what it reads or writes is removed, renamed or narrowed. */
const CONTRACTING: readonly RegExp[] = [
  /\bDROP\s+(?:TABLE|COLUMN|TYPE|VIEW|SCHEMA|FUNCTION)\b/i,
  /\bRENAME\b/i,
  /\bALTER\s+(?:COLUMN\s+)?\S+\s+(?:SET\s+DATA\s+)?TYPE\b/i,
  /\bSET\s+NOT\s+NULL\b/i,
  /\bDROP\s+DEFAULT\b/i,
  /\bTRUNCATE\s+(?:TABLE\s+)?"?\w+"?\s*;/i,
  /\bDELETE\s+FROM\b/i,
];

/** Rules on an existing table, which older versions do not know and can violate. */
const NARROWING: readonly RegExp[] = [
  /\bADD\s+(?:CONSTRAINT\s+\S+\s+)?(?:CHECK|UNIQUE|PRIMARY\s+KEY|EXCLUDE|FOREIGN\s+KEY)\b/i,
  /\bADD\s+(?:COLUMN\s+)?(?!CONSTRAINT)\S+\s(?=[^,;]*\bNOT\s+NULL\b)(?![^,;]*\bDEFAULT\b)/i,
];

/** Returns the statements without comments. The body of a function or trigger is part of its statement and is not checked. */
const statementsOf = (sql: string): string[] =>
  sql
    .replace(/--.*$/gm, '')
    .replace(/\$(\w*)\$[\s\S]*?\$\1\$/g, "''")
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
    .map((statement) => `${statement};`);

/** A rule on only columns that the same migration adds does not affect older versions, which do not write those columns. */
const isOnlyAbout = (columns: ReadonlySet<string>, statement: string): boolean =>
  /^(?:ALTER TABLE .* ADD CONSTRAINT \S+ (?:FOREIGN KEY|UNIQUE) |CREATE UNIQUE INDEX )/i.test(statement) &&
  (/\(([^)]*)\)/.exec(statement)?.[1] ?? '').split(',').every((column) => columns.has(column.replaceAll('"', '').trim()));

const addedColumnsOf = (statements: readonly string[]): string[] =>
  statements.flatMap((statement) => [...statement.matchAll(/ADD COLUMN\s+"?(\w+)"?/gi)].map(([, name]) => name ?? ''));

/** @param before statements of earlier migrations of the same release */
function contractionsOf(sql: string, before = ''): string[] {
  const statements = statementsOf(sql);
  const added = new Set(addedColumnsOf([...statementsOf(before), ...statements]));
  const createdTables = new Set(
    statements.flatMap((statement) => /^CREATE TABLE (?:IF NOT EXISTS )?"?(\w+)"?/i.exec(statement)?.[1] ?? []),
  );
  return statements.filter((statement) => {
    const [, altered = ''] = /^ALTER TABLE (?:ONLY )?"?(\w+)"?/i.exec(statement) ?? [];
    const [, indexed = ''] = /^CREATE UNIQUE INDEX .*? ON "?(\w+)"?/i.exec(statement) ?? [];
    if (CONTRACTING.some((pattern) => pattern.test(statement))) return true;
    if (isOnlyAbout(added, statement)) return false;
    if (indexed !== '') return !createdTables.has(indexed);
    return altered !== '' && !createdTables.has(altered) && NARROWING.some((pattern) => pattern.test(statement));
  });
}

/** Before 1.0, some migrations are applied with every replica stopped. The changelog informs the operator. */
const EXCEPTIONS = ['20261124175022_external_ids'];

/** The last migration of version 0.1.0, which knows no column of later ones. */
const LAST_RELEASED = '20261123034120_audit_events_by_time';

const sqlOf = (name: string): string => readFileSync(path.join(MIGRATIONS_DIR, name, 'migration.sql'), 'utf8');

describe('migrations within a major version only expand, so that old and new replicas run side by side', () => {
  const folders = readdirSync(MIGRATIONS_DIR, { withFileTypes: true }).filter((entry) => entry.isDirectory());

  test('every exception is named in the changelog and does not only expand', () => {
    const changelog = readFileSync('CHANGELOG.md', 'utf8');
    for (const name of EXCEPTIONS) {
      expect(changelog).toContain(name);
      expect(contractionsOf(sqlOf(name))).not.toEqual([]);
    }
  });

  test.each(folders.map(({ name }) => name).filter((name) => !EXCEPTIONS.includes(name)))(
    '%s only expands, unless it is an exception',
    (name) => {
      const before = folders.filter((folder) => folder.name > LAST_RELEASED && folder.name < name);
      expect(contractionsOf(sqlOf(name), before.map((folder) => sqlOf(folder.name)).join('\n'))).toEqual([]);
    },
  );

  test.each([
    'DROP TABLE users;',
    'ALTER TABLE "users" DROP COLUMN "email";',
    'ALTER TABLE users RENAME COLUMN email TO mail;',
    'ALTER TABLE "users" ALTER COLUMN "email" SET DATA TYPE VARCHAR(10);',
    'ALTER TABLE users ALTER email TYPE VARCHAR(10);',
    'ALTER TABLE "users" ALTER COLUMN "disabled_at" SET NOT NULL;',
    'ALTER TABLE "users" ALTER COLUMN "created_at" DROP DEFAULT;',
    'ALTER TABLE "users" ADD COLUMN "name" TEXT NOT NULL;',
    'ALTER TABLE "users" ADD COLUMN "a" TEXT, ADD COLUMN "name" TEXT NOT NULL;',
    'ALTER TABLE users ADD CONSTRAINT short CHECK (length(email) < 10);',
    'CREATE UNIQUE INDEX "users_name_key" ON "users"("name");',
    'DELETE FROM sessions;',
    'ALTER TABLE "users" ADD COLUMN "boss" UUID; CREATE UNIQUE INDEX "users_boss_key" ON "users"("boss", "email");',
  ])('detects that %s does not only expand', (sql) => {
    expect(contractionsOf(sql)).toHaveLength(1);
  });

  test.each([
    'CREATE TABLE "notes" ("id" UUID NOT NULL); CREATE UNIQUE INDEX "notes_key" ON "notes"("id"); ALTER TABLE "notes" ADD CONSTRAINT "f" FOREIGN KEY ("id") REFERENCES "users"("id");',
    'ALTER TABLE "users" ADD COLUMN "name" TEXT, ADD COLUMN "level" INTEGER NOT NULL DEFAULT 0;',
    'ALTER TABLE "users" ADD COLUMN "boss" UUID; CREATE UNIQUE INDEX "users_boss_key" ON "users"("boss"); ALTER TABLE "users" ADD CONSTRAINT "f" FOREIGN KEY ("boss") REFERENCES "users"("id");',
    'CREATE INDEX "users_name_idx" ON "users"("name"); -- DROP TABLE users;',
    'CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM sessions; RETURN NEW; END; $$;',
  ])('accepts that %s only expands', (sql) => {
    expect(contractionsOf(sql)).toEqual([]);
  });
});
