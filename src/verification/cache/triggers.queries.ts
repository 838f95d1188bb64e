import type pg from 'pg';

/** The tables that the lookup of keys and service tokens reads, with the column of `verification_changes` that names a changed row. */
export const FOLLOWED_TABLES: Readonly<Record<string, string>> = {
  api_keys: 'key_id',
  users: 'owner_id',
  policies: 'policy_id',
  service_tokens: 'service_token_id',
};

/** What the triggers of one table have to be, in the form of `pg_get_triggerdef`. */
const triggersOf = (table: string, column: string): string[] => {
  const call = `EXECUTE FUNCTION record_verification_change('${column}')`;
  const deferred = `ON ${table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW`;
  return [
    `CREATE CONSTRAINT TRIGGER ${table}_verification_update AFTER UPDATE ${deferred} WHEN (old.* *<> new.*) ${call}`,
    `CREATE CONSTRAINT TRIGGER ${table}_verification_delete AFTER DELETE ${deferred} ${call}`,
    `CREATE TRIGGER ${table}_verification_truncate AFTER TRUNCATE ON ${table} FOR EACH STATEMENT ${call}`,
  ];
};

/**
 * The policy named "default" applies to users without a policy of their own. No entry names it before it exists or has this name, so
 * these triggers report a change of everything.
 */
const DEFAULT_POLICY_TRIGGERS = [
  "CREATE CONSTRAINT TRIGGER policies_verification_default_insert AFTER INSERT ON policies DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (new.name = 'default'::text) EXECUTE FUNCTION record_verification_change()",
  "CREATE CONSTRAINT TRIGGER policies_verification_default_rename AFTER UPDATE ON policies DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (old.name <> new.name AND (old.name = 'default'::text OR new.name = 'default'::text)) EXECUTE FUNCTION record_verification_change()",
];

// The pretty form of pg_get_triggerdef leaves out the schema of a table that the search path finds. Only 'A' fires in every session.
const FIND_TRIGGERS = `
  SELECT pg_get_triggerdef(t.oid, true) AS definition
  FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
  WHERE t.tgrelid = ANY (ARRAY(SELECT to_regclass(name) FROM unnest($1::text[]) AS name)) AND t.tgenabled = 'A' AND p.prosecdef AND p.proconfig IS NOT NULL`;

const FIND_IDENTITIES = `
  SELECT format('%s %s', c.oid, c.relkind) AS identity FROM pg_class c
  WHERE c.oid = ANY (ARRAY(SELECT to_regclass(name) FROM unnest($1::text[]) AS name))
  UNION ALL
  SELECT format('%s %s', p.oid, md5(p.prosrc)) FROM pg_proc p WHERE p.oid = to_regproc('record_verification_change')
  ORDER BY 1`;

const FIND_PARTS = `
  SELECT quote_ident(current_schema()) AS schema, to_regclass('verification_changes') IS NOT NULL AS "hasTable",
    coalesce((SELECT CASE WHEN p.prosecdef AND p.proconfig IS NOT NULL THEN 'expected' ELSE 'different' END
      FROM pg_proc p WHERE p.oid = to_regproc('record_verification_change')), 'missing') AS "functionState",
    (SELECT coalesce(json_agg(json_build_object('name', t.tgname, 'table', c.relname, 'firesAlways', t.tgenabled = 'A',
        'definition', pg_get_triggerdef(t.oid, true))), '[]')
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
      WHERE t.tgrelid = ANY (ARRAY(SELECT to_regclass(name) FROM unnest($1::text[]) AS name))) AS triggers`;

/** The parts of the database that report changes, as they are. */
export interface TriggerParts {
  /** The schema of the tables, quoted where SQL needs it. */
  schema: string;
  hasTable: boolean;
  /** `different`: the function does not run with the rights of its owner, or its search path is not fixed. */
  functionState: 'expected' | 'missing' | 'different';
  /** The triggers of the followed tables, whatever their function. */
  triggers: { name: string; table: string; firesAlways: boolean; definition: string }[];
}

/** Returns what is there, to say what is wrong with it. */
export async function findTriggerParts(client: pg.ClientBase): Promise<TriggerParts> {
  const { rows } = await client.query<TriggerParts>(FIND_PARTS, [Object.keys(FOLLOWED_TABLES)]);
  const [parts] = rows;
  if (parts === undefined) throw new Error('A query without FROM returned no row.');
  return parts;
}

/** What the catalogue says about the triggers that report changes. */
export interface TriggerState {
  /** Definitions of all triggers that the migrations created. */
  expected: readonly string[];
  /** Definitions of triggers that are missing, disabled or changed. Empty if every change is reported. */
  missing: readonly string[];
  /** The tables and the function of the triggers. A cache that was filled under another identity is not valid. */
  identity: string;
}

/** Compares the triggers in the database with those that the migrations created. */
export async function readTriggerState(client: pg.ClientBase): Promise<TriggerState> {
  const tables = Object.keys(FOLLOWED_TABLES);
  const { rows } = await client.query<{ definition: string }>(FIND_TRIGGERS, [tables]);
  const found = new Set(rows.map(({ definition }) => definition));
  const named = Object.entries(FOLLOWED_TABLES).flatMap(([table, column]) => triggersOf(table, column));
  const expected = [...named, ...DEFAULT_POLICY_TRIGGERS];
  const { rows: identities } = await client.query<{ identity: string }>(FIND_IDENTITIES, [[...tables, 'verification_changes']]);
  const missing = expected.filter((definition) => !found.has(definition));
  // The tables, the table of changes and the function.
  if (identities.length !== tables.length + 2) missing.push('verification_changes');
  return {
    expected,
    missing,
    identity: identities.map(({ identity }) => identity).join(),
  };
}
