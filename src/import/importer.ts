import type { ImportFormRegistry } from '../api-keys/import-form-registry.js';
import { countKeysByUser, findStoredKeys } from '../api-keys/imported-keys.js';
import type { AccountOwner, OwnerNames, Users } from '../auth/accounts/users.js';
import { type Actor, OPERATOR } from '../platform/actor.js';
import type { Clock } from '../platform/clock.js';
import type { Database, Transaction } from '../platform/database/client.js';
import { databaseFault, isUniqueViolation } from '../platform/database/database-errors.js';
import { KeywardError } from '../platform/errors/keyward-error.js';
import { findPoliciesNamed, findPoliciesOf, findPolicyOf } from '../policies/policy-finder.js';
import { DryRun } from './dry-run.js';
import type { HashForm } from './hash-form.js';
import { type ImportedKey, type ReadOptions, readImportLine } from './import-line.js';
import { searchOf, storedIdentities } from './key-names.js';
import type { ImportedKeyWriter, WrittenKey } from './key-writer.js';
import type { Line } from './lines.js';
import { ownerKeyOf } from './owner.js';
import { type Known, type Outcome, planImport } from './plan.js';

/** Maximum number of attempts for a batch that conflicts with the server or another import. */
const TRIES = 5;

/** Result of a batch of lines. */
export interface BatchResult {
  /** In the order of the lines. */
  outcomes: readonly { number: number; outcome: Outcome }[];
  usersMade: number;
}

/** The plan for the keys of a batch. */
export interface ImportPlan {
  /** In the order of the keys. */
  outcomes: readonly Outcome[];
  /** What was written of each imported key, in the same order. Empty for a dry run. */
  written: readonly WrittenKey[];
  usersMade: number;
}

const NOTHING: ImportPlan = { outcomes: [], written: [], usersMade: 0 };

const KEY_INDEXES = ['api_keys_key_prefix_key', 'api_keys_fingerprint_key', 'api_keys_import_digest_key'] as const;

const isLostRace = (error: unknown): boolean =>
  (error instanceof KeywardError && error.code === 'CONFLICT') ||
  databaseFault(error) === 'conflict' ||
  KEY_INDEXES.some((index) => isUniqueViolation(error, index));

/** What is chosen for one import. */
export interface ImportOptions {
  /** Whether accounts that were created by sign-up may receive keys. */
  intoExisting: boolean;
  /** Whether to write nothing. Later batches then still take earlier ones into account. */
  isDryRun: boolean;
  /** Form of the hashes, for keys of another form than Keyward's own. */
  form?: HashForm;
  /** How the lines are read: by default, as lines of an import. */
  reading?: Pick<ReadOptions, 'preset' | 'presetOptions'>;
  /** Who imports. By default, the operator. */
  actor?: Actor;
}

export interface ImporterDependencies {
  database: Database;
  clock: Clock;
  users: Users;
  writer: ImportedKeyWriter;
  importForms: ImportFormRegistry;
  keysPerUserMax: number;
  /** Scopes that can be granted. If empty, every scope can be granted. */
  scopeCatalogue: readonly string[];
}

/** Imports keys of another system, which has stored a hash of each key and not its plaintext. */
export class KeyImporter {
  readonly #deps: ImporterDependencies;
  readonly #options: ImportOptions;
  readonly #dryRun: DryRun | null;

  constructor({ intoExisting, isDryRun, form, reading, actor, ...deps }: ImporterDependencies & ImportOptions) {
    this.#deps = deps;
    this.#options = { intoExisting, isDryRun, ...(form && { form }), ...(reading && { reading }), ...(actor && { actor }) };
    this.#dryRun = isDryRun ? new DryRun() : null;
  }

  /** Returns how the lines and fields of this import are read. */
  readOptions(): ReadOptions {
    const { form, reading } = this.#options;
    return { now: this.#deps.clock.now(), scopeCatalogue: this.#deps.scopeCatalogue, ...(form && { form }), ...reading };
  }

  /**
   * Imports the valid lines of a batch in one transaction: all of them, or none.
   *
   * @throws the error of the database if it is unavailable; nothing of the batch is written then
   */
  async importBatch(lines: readonly Line[]): Promise<BatchResult> {
    const options = this.readOptions();
    const keys: ImportedKey[] = [];
    const results = lines.map((line): { number: number; outcome: Outcome | null } => {
      const read = 'fault' in line ? { faults: [line.fault] } : readImportLine(line.text, options);
      if ('faults' in read) return { number: line.number, outcome: { kind: 'bad', reasons: read.faults } };
      keys.push(read.key);
      return { number: line.number, outcome: null };
    });
    const plan = await this.importKeys(keys);
    const planned = plan.outcomes.values();
    const outcomes = results.map(({ number, outcome }) => ({ number, outcome: outcome ?? (planned.next().value as Outcome) }));
    return { outcomes, usersMade: plan.usersMade };
  }

  /** Imports keys in one transaction: all that are not rejected, or none. @throws as importBatch */
  async importKeys(keys: readonly ImportedKey[]): Promise<ImportPlan> {
    const now = this.#deps.clock.now();
    if (keys.length === 0) return NOTHING;
    if (this.#dryRun) return this.#rehearse(this.#dryRun, keys, now);
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#deps.database.$transaction((transaction) => this.#write(transaction, keys, now));
      } catch (error) {
        if (tries === TRIES || !isLostRace(error)) throw error;
      }
    }
  }

  async #write(transaction: Transaction, keys: readonly ImportedKey[], now: Date): Promise<ImportPlan> {
    const { users, keysPerUserMax, importForms, writer } = this.#deps;
    const { form, actor = OPERATOR } = this.#options;
    const owners = await users.lockOwners(transaction, ownerNamesOf(keys));
    const userIds = idsOf(owners);
    // After the locks, because another import may have written the same keys while this one waited.
    const identities = storedIdentities(await findStoredKeys(transaction, searchOf(keys)));
    const counts = await this.#usableCounts(transaction, userIds, now);
    const policies = await policiesOf(transaction, userIds, keys);
    const known: Known = { identities, counts, selfRegistered: this.#closedTo(owners), ...policies };
    const outcomes = planImport(keys, known, { now, keysPerUserMax });
    const imported = importedOf(keys, outcomes);
    // Also for keys that are present: their secret is stored again if it can no longer be decrypted.
    const isNeeded = outcomes.some(({ kind }) => kind !== 'bad');
    const importFormId = form && isNeeded ? await importForms.register(transaction, form) : undefined;
    if (imported.length === 0) return { outcomes, written: [], usersMade: 0 };
    const batch = { keys: imported, userIds, policies: known.policies, now, actor, ...(importFormId !== undefined && { importFormId }) };
    return { outcomes, ...(await writer.write(transaction, batch)) };
  }

  /** Returns the plan that #write would execute, without locks and without writing. */
  async #rehearse(dryRun: DryRun, keys: readonly ImportedKey[], now: Date): Promise<ImportPlan> {
    const { database, users, keysPerUserMax } = this.#deps;
    const identities = storedIdentities(await findStoredKeys(database, searchOf(keys)));
    const owners = await users.findOwners(ownerNamesOf(keys));
    const userIds = idsOf(owners);
    const before = await this.#usableCounts(database, userIds, now);
    const policies = await policiesOf(database, userIds, keys);
    const known: Known = { identities, counts: new Map(before), selfRegistered: this.#closedTo(owners), ...policies };
    dryRun.extend(known, keys);
    const outcomes = planImport(keys, known, { now, keysPerUserMax });
    const imported = importedOf(keys, outcomes);
    const missing = new Set(
      imported.map(({ owner }) => ownerKeyOf(owner)).filter((owner) => !userIds.has(owner) && !dryRun.hasSeen(owner)),
    );
    dryRun.add(imported, before, known);
    return { outcomes, written: [], usersMade: missing.size };
  }

  /** Returns the accounts that must not receive keys. A user with an external ID was created by the product or its identity provider. */
  #closedTo(owners: readonly AccountOwner[]): Set<string> {
    if (this.#options.intoExisting) return new Set();
    return new Set(owners.filter(({ selfRegistered, externalId }) => selfRegistered && externalId === null).map(ownerKeyOf));
  }

  async #usableCounts(database: Transaction, userIds: ReadonlyMap<string, string>, now: Date): Promise<Map<string, number>> {
    const byId = await countKeysByUser(database, [...userIds.values()], now);
    return new Map([...userIds].map(([owner, id]) => [owner, byId.get(id) ?? 0]));
  }
}

/** Returns the policies that apply to existing owners, to every other one, and those that the keys name. */
async function policiesOf(
  database: Transaction,
  userIds: ReadonlyMap<string, string>,
  keys: readonly ImportedKey[],
): Promise<Pick<Known, 'policies' | 'defaultPolicy' | 'owners' | 'named'>> {
  const byId = await findPoliciesOf(database, [...userIds.values()]);
  const found = [...userIds].flatMap(([owner, id]) => {
    const policy = byId.get(id);
    return policy ? [[owner, policy] as const] : [];
  });
  const names = [...new Set(keys.flatMap(({ policy }) => policy ?? []))];
  return {
    policies: new Map(found),
    defaultPolicy: await findPolicyOf(database, null),
    owners: new Set(userIds.keys()),
    named: await findPoliciesNamed(database, names),
  };
}

const idsOf = (owners: readonly AccountOwner[]): Map<string, string> => new Map(owners.map((owner) => [ownerKeyOf(owner), owner.id]));

const ownerNamesOf = (keys: readonly ImportedKey[]): OwnerNames => ({
  emails: [...new Set(keys.flatMap(({ owner }) => owner.email ?? []))],
  externalIds: [...new Set(keys.flatMap(({ owner }) => owner.externalId ?? []))],
});

const importedOf = (keys: readonly ImportedKey[], outcomes: readonly Outcome[]): ImportedKey[] =>
  keys.filter((_, index) => outcomes[index]?.kind === 'imported');
