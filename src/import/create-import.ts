import type { ImportFormRegistry } from '../api-keys/import-form-registry.js';
import type { AuditRecorder } from '../audit/audit-recorder.js';
import type { Users } from '../auth/accounts/users.js';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database/client.js';
import type { Logger } from '../platform/logger.js';
import { BatchImport } from './batch-import.js';
import { type ImportOptions, KeyImporter } from './importer.js';
import { ImportedKeyWriter } from './key-writer.js';

interface Parts {
  config: { keyNamespace: string; keysPerUserMax: number; scopeCatalogue: readonly string[] };
  database: Database;
  clock: Clock;
  logger: Logger;
  audit: AuditRecorder;
  importForms: ImportFormRegistry;
  /** Source of randomness, for tests only. */
  random?: (bytes: number) => Buffer;
}

/** Creates the services that import the keys of other systems. */
export function createImport({ config, database, clock, logger, audit, importForms, random }: Parts, users: Users) {
  const { keyNamespace: namespace, keysPerUserMax, scopeCatalogue } = config;
  const writer = new ImportedKeyWriter({ users, audit, namespace, ...(random && { random }) });
  /** Creates an importer for one run. A dry run remembers the lines that it has seen. */
  const createImporter = (options: ImportOptions) =>
    new KeyImporter({ database, clock, users, writer, importForms, keysPerUserMax, scopeCatalogue, ...options });
  return { createImporter, batchImport: new BatchImport(createImporter, logger) };
}
