import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ImportFormRegistry } from '../../src/api-keys/import-form-registry.js';
import { AuditRecorder } from '../../src/audit/audit-recorder.js';
import { Users } from '../../src/auth/accounts/users.js';
import type { ImporterDependencies } from '../../src/import/importer.js';
import { ImportedKeyWriter } from '../../src/import/key-writer.js';
import { createLogger } from '../../src/platform/logger.js';
import { Sealing } from '../../src/platform/sealing.js';
import { type CommandResult, runBuiltCommand } from './commands.js';
import type { TestApp } from './test-app.js';

/** Creates what an importer works with, on the database of an app. */
export function importerParts({ database, clock }: TestApp): Pick<ImporterDependencies, 'users' | 'writer' | 'importForms'> {
  const users = new Users(database);
  const audit = new AuditRecorder({ database, clock, logger: createLogger('silent') });
  return {
    users,
    writer: new ImportedKeyWriter({ users, audit, namespace: 'amos' }),
    importForms: new ImportFormRegistry({ database, clock, sealing: new Sealing([randomBytes(32)]) }),
  };
}

/** Hashes by passlib 1.7.4 (`bcrypt.using(rounds=…, ident=…).hash(key)`) of keys that were generated for these tests only. */
export const PASSLIB = {
  '2b': {
    key: 'amos_3684b6fe.YuusV2lrII_5xyIeB8M457gQ7p7ohB8B7aEYyq2GTbQ',
    hashedKey: '$2b$12$nuwXemRkhCwYLG.NvjsnWOu5pl5Rf.UE72RTQkkxBNVECUHMkR1wa',
  },
  '2y': {
    key: 'amos_896a417d.hf5tcljwBFX3KRbJvSM20NIKtmDJbazr97JhxjWJx8U',
    hashedKey: '$2y$10$w1X48ULjbQdX.qO5lnOqwusN0kdl0trB47T0G0BBMX9h8oXD3JPkm',
  },
  '2a': {
    key: 'amos_21d1e263.Y1zZenHk0Ve4vAXtgrfBav_f9edjpzU2ocGuFag8ecQ',
    hashedKey: '$2a$10$J1ZW2aYQ8g6tVpyMkgsxGOie/cxpJAgP.fTiCyJhCEuT8UuumtLUm',
  },
} as const;

/** Returns the line of the n-th key. It is well-formed, its plaintext is unknown, and it is the same each time. */
export const lineOf = (index: number, more: object = {}): string =>
  JSON.stringify({
    email: `user${Math.floor(index / 5)}@example.com`,
    keyPrefix: `amos_${index.toString(16).padStart(8, '0')}`,
    hashedKey: `$2b$12$${index.toString(36).padStart(10, 'x')}${'y'.repeat(43)}`.slice(0, 59).concat('u'),
    ...more,
  });

/** A fixture of keys that another system issued, and the rows that it stores. */
export interface ImportFixture {
  /** What the holders present to Keyward. */
  keys: [string, string];
  rows: Record<string, unknown>[];
}

/** Returns the fixture with a name. */
export const fixtureOf = async (name: string): Promise<ImportFixture> =>
  JSON.parse(await readFile(path.resolve('test/import/fixtures', `${name}.json`), 'utf8'));

/** Runs `keyward import` on the database of an app. */
export function importByCommand(
  { databaseUrl, appSecret }: { databaseUrl: string; appSecret: Buffer },
  rows: readonly object[],
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<CommandResult> {
  const settings = { DATABASE_URL: databaseUrl, APP_SECRETS: appSecret.toString('base64'), ...env };
  return runBuiltCommand('import', ['-', ...args], settings, rows.map((row) => JSON.stringify(row)).join('\n'));
}
