import { v7 as uuidv7 } from 'uuid';
import { countKeysByUser, findStoredKeys, insertImportedKeys } from '../api-keys/imported-keys.js';
import { AuditAction } from '../audit/audit-entry.js';
import type { AuditRecorder } from '../audit/audit-recorder.js';
import type { AccountOwner, Users } from '../auth/accounts/users.js';
import { OPERATOR } from '../platform/actor.js';
import type { Clock } from '../platform/clock.js';
import type { Database, Transaction } from '../platform/database/client.js';
import { databaseFault, isUniqueViolation } from '../platform/database/database-errors.js';
import { KeywardError } from '../platform/errors/keyward-error.js';
import { findPoliciesOf, findPolicyOf } from '../policies/policy-finder.js';
import { DryRun } from './dry-run.js';
import { type ImportedKey, readImportLine } from './import-line.js';
import type { Line } from './lines.js';
import { identityOf, type Known, type Outcome, planImport } from './plan.js';

/** Maximum number of attempts for a batch that conflicts with the server or another import. */
const TRIES = 5;

/** Result of a batch of lines. */
export interface BatchResult {
  /** In the order of the lines. */
  outcomes: readonly { number: number; outcome: Outcome }[];
  usersMade: number;
}

/** The plan for the keys of a batch. */
interface Plan {
  outcomes: readonly Outcome[];
  usersMade: number;
}

const isLostRace = (error: unknown): boolean =>
  (error instanceof KeywardError && error.code === 'CONFLICT') ||
  databaseFault(error) === 'conflict' ||
  isUniqueViolation(error, 'key_prefix');

const distinct = <T>(items: readonly T[]): T[] => [...new Set(items)];

/** What the operator chooses for one import. */
export interface ImportOptions {
  /** Whether accounts that were created by sign-up may receive keys. */
  intoExisting: boolean;
  /** Whether to write nothing. Later batches then still take earlier ones into account. */
  isDryRun: boolean;
}

interface ImporterDependencies {
  database: Database;
  clock: Clock;
  users: Users;
  audit: AuditRecorder;
  keysPerUserMax: number;
  /** Scopes that can be granted. If empty, every scope can be granted. */
  scopeCatalogue: readonly string[];
}

/** Imports keys of another system, which has stored a bcrypt hash of each key and not its plaintext. */
export class KeyImporter {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #users: Users;
  readonly #audit: AuditRecorder;
  readonly #keysPerUserMax: number;
  readonly #scopeCatalogue: readonly string[];
  readonly #intoExisting: boolean;
  readonly #dryRun: DryRun | null;

  constructor(options: ImporterDependencies & ImportOptions) {
    this.#database = options.database;
    this.#clock = options.clock;
    this.#users = options.users;
    this.#audit = options.audit;
    this.#keysPerUserMax = options.keysPerUserMax;
    this.#scopeCatalogue = options.scopeCatalogue;
    this.#intoExisting = options.intoExisting;
    this.#dryRun = options.isDryRun ? new DryRun() : null;
  }

  /**
   * Imports the valid lines of a batch in one transaction: all of them, or none.
   *
   * @throws the error of the database if it is unavailable; nothing of the batch is written then
   */
  async importBatch(lines: readonly Line[]): Promise<BatchResult> {
    const now = this.#clock.now();
    const keys: ImportedKey[] = [];
    const results = lines.map((line): { number: number; outcome: Outcome | null } => {
      const read = 'fault' in line ? { faults: [line.fault] } : readImportLine(line.text, { now, scopeCatalogue: this.#scopeCatalogue });
      if ('faults' in read) return { number: line.number, outcome: { kind: 'bad', reasons: read.faults } };
      keys.push(read.key);
      return { number: line.number, outcome: null };
    });
    const plan = await this.#importKeys(keys, now);
    const planned = plan.outcomes.values();
    const outcomes = results.map(({ number, outcome }) => ({ number, outcome: outcome ?? (planned.next().value as Outcome) }));
    return { outcomes, usersMade: plan.usersMade };
  }

  async #importKeys(keys: readonly ImportedKey[], now: Date): Promise<Plan> {
    if (keys.length === 0) return { outcomes: [], usersMade: 0 };
    if (this.#dryRun) return this.#rehearse(this.#dryRun, keys, now);
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#database.$transaction((transaction) => this.#write(transaction, keys, now));
      } catch (error) {
        if (tries === TRIES || !isLostRace(error)) throw error;
      }
    }
  }

  async #write(transaction: Transaction, keys: readonly ImportedKey[], now: Date): Promise<Plan> {
    const accounts = await this.#users.lockAccounts(transaction, emailsOf(keys));
    const userIds = idsOf(accounts);
    // After the locks, because another import may have written the same keys while this one waited.
    const identities = await this.#identities(transaction, keys);
    const counts = await this.#usableCounts(transaction, userIds, now);
    const outcomes = planImport(
      keys,
      { identities, counts, selfRegistered: this.#closedTo(accounts), ...(await policiesOf(transaction, userIds)) },
      { now, keysPerUserMax: this.#keysPerUserMax },
    );
    const imported = importedOf(keys, outcomes);
    const missing = emailsOf(imported).filter((email) => !userIds.has(email));
    const created = missing.length > 0 ? await this.#users.createWithoutPassword(transaction, missing, now) : new Map<string, string>();
    await this.#store(transaction, imported, new Map([...userIds, ...created]), now);
    return { outcomes, usersMade: missing.length };
  }

  /** Returns the plan that #write would execute, without locks and without writing. */
  async #rehearse(dryRun: DryRun, keys: readonly ImportedKey[], now: Date): Promise<Plan> {
    const identities = await this.#identities(this.#database, keys);
    const accounts = await this.#users.findAccounts(emailsOf(keys));
    const userIds = idsOf(accounts);
    const before = await this.#usableCounts(this.#database, userIds, now);
    const policies = await policiesOf(this.#database, userIds);
    const known: Known = { identities, counts: new Map(before), selfRegistered: this.#closedTo(accounts), ...policies };
    dryRun.extend(known, keys);
    const outcomes = planImport(keys, known, { now, keysPerUserMax: this.#keysPerUserMax });
    const imported = importedOf(keys, outcomes);
    const missing = emailsOf(imported).filter((email) => !userIds.has(email) && !dryRun.hasSeen(email));
    dryRun.add(imported, before, known.counts);
    return { outcomes, usersMade: missing.length };
  }

  async #identities(database: Transaction, keys: readonly ImportedKey[]): Promise<Map<string, string>> {
    const stored = await findStoredKeys(database, distinct(keys.map(({ keyPrefix }) => keyPrefix)));
    // An import never targets a user with an external id, so a key of such a user is always another key.
    const ownerOf = ({ email, externalId }: { email: string | null; externalId: string | null }) => (externalId === null && email) || '';
    return new Map(stored.map(({ keyPrefix, hashedKey, user }) => [keyPrefix, identityOf({ hashedKey, email: ownerOf(user) })]));
  }

  /** Returns the emails of the accounts that must not receive keys. */
  #closedTo(accounts: ReadonlyMap<string, AccountOwner>): Set<string> {
    if (this.#intoExisting) return new Set();
    return new Set([...accounts.values()].flatMap(({ email, selfRegistered }) => (selfRegistered ? [email] : [])));
  }

  async #usableCounts(database: Transaction, userIds: ReadonlyMap<string, string>, now: Date): Promise<Map<string, number>> {
    const byId = await countKeysByUser(database, [...userIds.values()], now);
    return new Map([...userIds].map(([email, id]) => [email, byId.get(id) ?? 0]));
  }

  async #store(transaction: Transaction, imported: readonly ImportedKey[], userIds: ReadonlyMap<string, string>, now: Date): Promise<void> {
    if (imported.length === 0) return;
    const rows = imported.map(({ email, ...key }) => ({
      ...key,
      id: uuidv7({ msecs: now.getTime() }),
      userId: userIds.get(email) ?? '',
      importedAt: now,
    }));
    await insertImportedKeys(transaction, rows);
    const entries = rows.map(({ id, userId, keyPrefix }) => ({
      userId,
      action: AuditAction.API_KEY_IMPORTED,
      apiKeyId: id,
      details: { keyPrefix },
    }));
    await this.#audit.record(transaction, entries, OPERATOR);
  }
}

/** Returns the policies that apply to accounts, by email, and the policy that applies to every other account. */
async function policiesOf(database: Transaction, userIds: ReadonlyMap<string, string>): Promise<Pick<Known, 'policies' | 'defaultPolicy'>> {
  const byId = await findPoliciesOf(database, [...userIds.values()]);
  const found = [...userIds].flatMap(([email, id]) => {
    const policy = byId.get(id);
    return policy ? [[email, policy] as const] : [];
  });
  return { policies: new Map(found), defaultPolicy: await findPolicyOf(database, null) };
}

const idsOf = (accounts: ReadonlyMap<string, AccountOwner>): Map<string, string> =>
  new Map([...accounts].map(([email, { id }]) => [email, id]));

const emailsOf = (keys: readonly ImportedKey[]): string[] => distinct(keys.map(({ email }) => email));

const importedOf = (keys: readonly ImportedKey[], outcomes: readonly Outcome[]): ImportedKey[] =>
  keys.filter((_, index) => outcomes[index]?.kind === 'imported');
