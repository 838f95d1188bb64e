import type { Clock } from '../platform/clock.js';
import type { Database, Transaction } from '../platform/database/client.js';
import { KeywardError } from '../platform/errors/keyward-error.js';
import { IMPORT_LIMITS } from '../platform/limits.js';
import type { SealedSecrets } from '../platform/sealed-secrets.js';
import { IMPORT_ALGORITHMS, type ImportAlgorithm, type ImportForm, type StoredForm } from './import-forms.js';
import { lockForm, lockForms, lockFormsForInsert } from './import-forms.queries.js';

/** Returns the form of a row. Null if this version does not know its algorithm, or cannot decrypt its secret. */
export function formOf({ algorithm, part, sealedSecret }: Omit<StoredForm, 'id'>, seal: Pick<SealedSecrets, 'open'>): ImportForm | null {
  if (!isAlgorithm(algorithm)) return null;
  const secret = sealedSecret === null ? null : seal.open(sealedSecret);
  if (algorithm === 'hmac-sha256' && secret === null) return null;
  return { algorithm, part, secret };
}

const isAlgorithm = (text: string): text is ImportAlgorithm => (IMPORT_ALGORITHMS as readonly string[]).includes(text);

/** Stores the forms of imported keys, with the secrets of HMAC. */
export class ImportFormRegistry {
  readonly #deps: { database: Database; clock: Clock; seal: SealedSecrets };

  constructor(deps: { database: Database; clock: Clock; seal: SealedSecrets }) {
    this.#deps = deps;
  }

  /**
   * Returns the ID of a form, and stores the form if it is new. The row is locked until the end of the transaction, so that its
   * secret is kept for the keys that the transaction stores.
   *
   * @throws {KeywardError} CONFLICT if there are too many forms
   */
  async register(transaction: Transaction, form: ImportForm): Promise<number> {
    const known = this.#find(await lockForms(transaction, form), form);
    if (known !== null) return known;
    // Two imports must not store one form twice.
    const all = await lockFormsForInsert(transaction);
    const stored = this.#find(all, form);
    if (stored !== null) return stored;
    if (all.length >= IMPORT_LIMITS.formsMax) {
      throw new KeywardError('CONFLICT', `Keys of more than ${IMPORT_LIMITS.formsMax} forms cannot be imported.`);
    }
    const sealedSecret = form.secret && this.#deps.seal.seal(form.secret);
    const { algorithm, part } = form;
    const { id } = await transaction.importForm.create({ data: { algorithm, part, sealedSecret, createdAt: this.#deps.clock.now() } });
    return id;
  }

  /**
   * Erases the secret of a form if every key of it has a fingerprint, so that the secret is not needed any more.
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
    const { database, seal } = this.#deps;
    const forms = await database.importForm.findMany({ where: { sealedSecret: { not: null } } });
    const counts = { resealed: 0, unreadable: 0 };
    for (const { id, sealedSecret } of forms) {
      if (sealedSecret === null || seal.isCurrent(sealedSecret)) continue;
      const secret = seal.open(sealedSecret);
      if (secret === null) counts.unreadable += 1;
      // Guarded, because the secret may have been erased meanwhile.
      else
        counts.resealed += (
          await database.importForm.updateMany({ where: { id, sealedSecret }, data: { sealedSecret: seal.seal(secret) } })
        ).count;
    }
    return counts;
  }

  #find(rows: readonly StoredForm[], form: ImportForm): number | null {
    const found = rows.find((row) => {
      const stored = formOf(row, this.#deps.seal);
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
