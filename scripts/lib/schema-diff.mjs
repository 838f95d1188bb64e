// Computes the SQL that leads from one Prisma schema to another, by Prisma's schema engine in WebAssembly. The native engine
// would be a separate download.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';

/** @type {Promise<void> | undefined} */
let instantiated;

/** Loads the engine without its entry file, which imports the .wasm as a module: Node 20 does not support that. */
function instantiate() {
  instantiated ??= (async () => {
    const entry = fileURLToPath(import.meta.resolve('@prisma/schema-engine-wasm/schema_engine_bg'));
    const { instance } = await WebAssembly.instantiate(await readFile(entry.replace(/\.js$/, '.wasm')), {
      './schema_engine_bg.js': bindings,
    });
    bindings.__wbg_set_wasm(instance.exports);
    const start = /** @type {() => void} */ (instance.exports.__wbindgen_start);
    start();
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
  provider: /** @type {const} */ ('postgres'),
  adapterName: 'no-database',
  connectToShadowDb: reject,
  connect: async () => ({
    provider: /** @type {const} */ ('postgres'),
    adapterName: 'no-database',
    getConnectionInfo: () => ({ schemaName: 'public', supportsRelationJoins: true }),
    queryRaw: async () => ({
      columnNames: ['exists', 'version', 'numeric_version'],
      columnTypes: [ColumnTypeEnum.Boolean, ColumnTypeEnum.Text, ColumnTypeEnum.Int32],
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
  /** @param {string} content */
  const datamodel = (content) => ({ tag: /** @type {const} */ ('schemaDatamodel'), files: [{ path: 'schema.prisma', content }] });
  const { stdout } = await engine.diff({
    from: from === null ? { tag: 'empty' } : datamodel(from),
    to: datamodel(to),
    script: true,
    exitCode: null,
    filters: { externalTables: [], externalEnums: [] },
  });
  return stdout ?? '';
}
