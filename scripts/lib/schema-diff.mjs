// The SQL that leads from one Prisma schema to another, by Prisma's schema engine as WebAssembly: the native engine
// would be a download, and a development tool need not have one.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';

let instantiated;

/** Loads the engine by hand: its own entry file imports the .wasm as a module, which Node 20 can't. */
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

const refuse = async () => {
  throw new Error('comparing two schemas must not touch a database');
};

/**
 * Stands in for a database. To learn its dialect the engine asks one question when it is made (is there a schema, which
 * version is it?); to compare two schemas it asks nothing.
 */
const noDatabase = {
  provider: 'postgres',
  adapterName: 'no-database',
  connectToShadowDb: refuse,
  connect: async () => ({
    provider: 'postgres',
    adapterName: 'no-database',
    getConnectionInfo: () => ({ schemaName: 'public', supportsRelationJoins: true }),
    queryRaw: async () => ({
      columnNames: ['exists', 'version', 'numeric_version'],
      columnTypes: [5, 7, 0], // boolean, text, int32: ColumnTypeEnum of @prisma/driver-adapter-utils
      rows: [[true, 'PostgreSQL 15', 150000]],
    }),
    executeRaw: refuse,
    executeScript: refuse,
    startTransaction: refuse,
    dispose: async () => {},
  }),
};

/**
 * @param {string | null} from the text of a schema.prisma; null stands for an empty database
 * @param {string} to the text of a schema.prisma
 * @returns {Promise<string>} the SQL script; the comment "This is an empty migration." where nothing differs
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
