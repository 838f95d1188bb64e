// Computes the SQL that leads from one Prisma schema to another, by Prisma's schema engine in WebAssembly. The native engine
// would be a separate download.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';

let instantiated;

/** Loads the engine without its entry file, which imports the .wasm as a module: Node 20 does not support that. */
function instantiate() {
  instantiated ??= (async () => {
    const entry = fileURLToPath(import.meta.resolve('@prisma/schema-engine-wasm/schema_engine_bg'));
    const { instance } = await WebAssembly.instantiate(await readFile(entry.replace(/\.js$/, '.wasm')), {
      './schema_engine_bg.js': bindings,
    });
    bindings.__wbg_set_wasm(instance.exports);
    instance.exports.__wbindgen_start();
  })();
  return instantiated;
}

const reject = async () => {
  throw new Error('The comparison of two schemas must not use a database.');
};

/**
 * Replaces a database. The engine sends one query when it is created, to learn the dialect: whether the schema exists, and the
 * version of the database. To compare two schemas it sends no query.
 */
const noDatabase = {
  provider: 'postgres',
  adapterName: 'no-database',
  connectToShadowDb: reject,
  connect: async () => ({
    provider: 'postgres',
    adapterName: 'no-database',
    getConnectionInfo: () => ({ schemaName: 'public', supportsRelationJoins: true }),
    queryRaw: async () => ({
      columnNames: ['exists', 'version', 'numeric_version'],
      columnTypes: [5, 7, 0], // boolean, text, int32: ColumnTypeEnum of @prisma/driver-adapter-utils
      rows: [[true, 'PostgreSQL 15', 150000]],
    }),
    executeRaw: reject,
    executeScript: reject,
    startTransaction: reject,
    dispose: async () => {},
  }),
};

/**
 * @param {string | null} from the text of a schema.prisma; null stands for an empty database
 * @param {string} to the text of a schema.prisma
 * @returns {Promise<string>} the SQL script; the comment "This is an empty migration." if nothing differs
 */
export async function diffSchemas(from, to) {
  await instantiate();
  const adapter = bindMigrationAwareSqlAdapterFactory(noDatabase);
  const engine = await bindings.SchemaEngine.new({ datamodels: undefined }, () => {}, adapter);
  const datamodel = (content) => ({ tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content }] });
  const { stdout } = await engine.diff({
    from: from === null ? { tag: 'empty' } : datamodel(from),
    to: datamodel(to),
    script: true,
    exitCode: null,
    shadowDatabaseUrl: null,
    filters: { externalTables: [], externalEnums: [] },
  });
  return stdout;
}
