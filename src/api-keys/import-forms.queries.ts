import type { Transaction } from '../platform/database/client.js';
import type { StoredForm } from './import-forms.js';

/** Returns the forms with an algorithm and part. Imports lock them together, and keep their secrets from being erased. */
export const lockForms = (transaction: Transaction, { algorithm, part }: { algorithm: string; part: string }): Promise<StoredForm[]> =>
  transaction.$queryRaw<StoredForm[]>`
    SELECT id, algorithm, part, sealed_secret AS "sealedSecret" FROM import_forms
    WHERE algorithm = ${algorithm} AND part = ${part} ORDER BY id FOR SHARE`;

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
