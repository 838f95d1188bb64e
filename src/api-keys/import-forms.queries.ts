import type { Transaction } from '../platform/database/client.js';
import { Prisma } from '../platform/database/generated/client.js';
import type { ImportAlgorithm, StoredForm } from './import-forms.js';

const HMAC: ImportAlgorithm = 'hmac-sha256';

/**
 * Condition for a form `f` that no key needs, because all its keys have a fingerprint. A form with a secret may also be needed by a key
 * of another row: a secret that can no longer be decrypted is stored again by the next import.
 */
const IS_UNNEEDED = Prisma.sql`NOT EXISTS (
  SELECT FROM import_forms o JOIN api_keys k ON k.import_form_id = o.id AND k.import_form_id IS NOT NULL AND k.fingerprint IS NULL
  WHERE o.id = f.id OR (f.sealed_secret IS NOT NULL AND o.algorithm = f.algorithm AND o.part = f.part))`;

/**
 * Returns the forms with an algorithm and part, except those with an erased secret. Imports lock them together, and keep their secrets from
 * being erased and their rows from being removed.
 */
export const lockForms = (transaction: Transaction, { algorithm, part }: { algorithm: string; part: string }): Promise<StoredForm[]> =>
  transaction.$queryRaw<StoredForm[]>`
    SELECT id, algorithm, part, sealed_secret AS "sealedSecret" FROM import_forms
    WHERE algorithm = ${algorithm} AND part = ${part} AND (sealed_secret IS NOT NULL OR algorithm <> ${HMAC}) ORDER BY id FOR SHARE`;

/** Returns all forms. No other transaction can store one before the end of this one. */
export async function lockFormsForInsert(transaction: Transaction): Promise<StoredForm[]> {
  await transaction.$executeRaw`LOCK TABLE import_forms IN SHARE ROW EXCLUSIVE MODE`;
  return transaction.importForm.findMany({ orderBy: { id: 'asc' } });
}

/** Locks a form against imports that use it. Null if it does not exist. */
export async function lockForm(transaction: Transaction, id: number): Promise<StoredForm | null> {
  const rows = await transaction.$queryRaw<StoredForm[]>`
    SELECT id, algorithm, part, sealed_secret AS "sealedSecret" FROM import_forms WHERE id = ${id} FOR UPDATE`;
  return rows[0] ?? null;
}

/**
 * Removes one form that no key needs, in the transaction of lockFormsForInsert. A form that an import or another process has locked is
 * skipped, because waiting for it could be a deadlock.
 *
 * @returns false if every form is needed or locked
 */
export async function removeUnneededForm(transaction: Transaction): Promise<boolean> {
  const [form] = await transaction.$queryRaw<{ id: number }[]>`
    SELECT id FROM import_forms f WHERE ${IS_UNNEEDED} ORDER BY sealed_secret IS NOT NULL, id LIMIT 1 FOR UPDATE SKIP LOCKED`;
  if (!form) return false;
  // After the lock, in a snapshot that shows the keys of every import that used the form.
  const removed = await transaction.$executeRaw`DELETE FROM import_forms f WHERE id = ${form.id} AND ${IS_UNNEEDED}`;
  return removed === 1 || removeUnneededForm(transaction);
}
