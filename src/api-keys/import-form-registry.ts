import type { Clock } from '../platform/clock.js';
import type { Database, Transaction } from '../platform/database/client.js';
import { KeywardError } from '../platform/errors/keyward-error.js';
import { IMPORT_LIMITS } from '../platform/limits.js';
import type { Sealing } from '../platform/sealing.js';
import { IMPORT_ALGORITHMS, type ImportAlgorithm, type ImportForm, type StoredForm } from './import-forms.js';
import { lockForm, lockForms, lockFormsForInsert, removeUnneededForm } from './import-forms.queries.js';

/** Returns the form of a row. Null if this version does not know its algorithm, or cannot decrypt its secret. */
export function formOf({ algorithm, part, sealedSecret }: Omit<StoredForm, 'id'>, sealing: Pick<Sealing, 'open'>): ImportForm | null {
  if (!isAlgorithm(algorithm)) return null;
  const secret = sealedSecret === null ? null : sealing.open(Buffer.from(sealedSecret, 'base64'), boundTo({ algorithm, part }));
  if (algorithm === 'hmac-sha256' && secret === null) return null;
  return { algorithm, part, secret };
}

/** A secret can be decrypted for its own form only. */
const boundTo = ({ algorithm, part }: { algorithm: string; part: string }): string => `import form ${algorithm} ${part}`;

const isAlgorithm = (text: string): text is ImportAlgorithm => (IMPORT_ALGORITHMS as readonly string[]).includes(text);

/** Stores the forms of imported keys, with the secrets of HMAC. */
export class ImportFormRegistry {
  readonly #deps: { database: Database; clock: Clock; sealing: Sealing };

  constructor(deps: { database: Database; clock: Clock; sealing: Sealing }) {
    this.#deps = deps;
  }

  /**
   * Returns the ID of a form, and stores the form if it is new. The row is locked until the end of the transaction, so that its
   * secret is kept for the keys that the transaction stores. If the table is full, a form that no key needs is removed.
   *
   * @throws {KeywardError} CONFLICT if there are too many forms that keys need
   */
  async register(transaction: Transaction, form: ImportForm): Promise<number> {
    const known = this.#find(await lockForms(transaction, form), form);
    if (known !== null) return known;
    // Two imports must not store one form twice.
    const all = await lockFormsForInsert(transaction);
    const stored = this.#find(all, form);
    if (stored !== null) return stored;
    if (all.length >= IMPORT_LIMITS.formsMax && !(await removeUnneededForm(transaction))) {
      throw new KeywardError(
        'CONFLICT',
        `There are unused keys of ${IMPORT_LIMITS.formsMax} forms, so keys of no other form can be imported.`,
      );
    }
    const { algorithm, part } = form;
    const sealedSecret = form.secret && this.#seal(form.secret, form);
    const { id } = await transaction.importForm.create({ data: { algorithm, part, sealedSecret, createdAt: this.#deps.clock.now() } });
    return id;
  }

  /**
   * Erases the secret of a form if every key of it has a fingerprint, so that the secret is no longer needed.
   *
   * @returns whether it was erased
   */
  async eraseUnneeded(id: number): Promise<boolean> {
    const { database } = this.#deps;
    // Without a lock first, because an import locks the form while it runs, and nearly always a key is found.
    if (await isNeeded(database, id)) return false;
    return database.$transaction(async (transaction) => {
      const form = await lockForm(transaction, id);
      if (form === null || form.sealedSecret === null) return false;
      // After the lock, in a snapshot that shows the keys of every import that used the form.
      if (await isNeeded(transaction, id)) return false;
      await transaction.importForm.update({ where: { id }, data: { sealedSecret: null } });
      return true;
    });
  }

  /**
   * Encrypts the stored secrets with the current server secret.
   *
   * @returns how many were encrypted again, and how many cannot be decrypted
   */
  async resealAll(): Promise<{ resealed: number; unreadable: number }> {
    const { database, sealing } = this.#deps;
    const forms = await database.importForm.findMany({ where: { sealedSecret: { not: null } } });
    const counts = { resealed: 0, unreadable: 0 };
    for (const { id, algorithm, part, sealedSecret } of forms) {
      if (sealedSecret === null || sealing.isCurrent(Buffer.from(sealedSecret, 'base64'))) continue;
      const secret = formOf({ algorithm, part, sealedSecret }, sealing)?.secret ?? null;
      if (secret === null) {
        counts.unreadable += 1;
        continue;
      }
      const data = { sealedSecret: this.#seal(secret, { algorithm, part }) };
      // Guarded, because the secret may have been erased meanwhile.
      counts.resealed += (await database.importForm.updateMany({ where: { id, sealedSecret }, data })).count;
    }
    return counts;
  }

  #seal(secret: Buffer, form: { algorithm: string; part: string }): string {
    return this.#deps.sealing.seal(secret, boundTo(form)).toString('base64');
  }

  #find(rows: readonly StoredForm[], form: ImportForm): number | null {
    const found = rows.find((row) => {
      const stored = formOf(row, this.#deps.sealing);
      return stored !== null && stored.algorithm === form.algorithm && stored.part === form.part && isSameSecret(stored, form);
    });
    return found?.id ?? null;
  }
}

/** Returns whether a key of the form was never used. */
const isNeeded = async (database: Transaction, importFormId: number): Promise<boolean> =>
  (await database.apiKey.findFirst({ where: { importFormId, fingerprint: null }, select: { id: true } })) !== null;

const isSameSecret = (one: ImportForm, other: ImportForm): boolean =>
  one.secret === null || other.secret === null ? one.secret === other.secret : one.secret.equals(other.secret);
