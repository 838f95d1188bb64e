import { createHmac, hash } from 'node:crypto';

/** How the former system hashed its keys. */
export type ImportAlgorithm = 'sha256' | 'sha512' | 'hmac-sha256' | 'bcrypt';

export const IMPORT_ALGORITHMS: readonly ImportAlgorithm[] = ['sha256', 'sha512', 'hmac-sha256', 'bcrypt'];

/** A form of keys of another system: how a presented key leads to the digest by which an imported key is found. */
export interface ImportForm {
  readonly algorithm: ImportAlgorithm;
  /** See `partOf`. */
  readonly part: string;
  /** The secret of HMAC. Null for other algorithms. */
  readonly secret: Buffer | null;
}

/** A row of the forms. */
export interface StoredForm {
  id: number;
  algorithm: string;
  part: string;
  sealedSecret: string | null;
}

const PART = /^(?:whole|(?:after|before)-(?:first|last):[._~+/=:-]|first:(?:[1-9]|[1-9]\d))$/;

/** Returns whether a text names a part of a key. */
export const isPart = (text: string): boolean => PART.test(text);

/** Describes the parts, for error messages and the help. */
export const PART_FORM =
  'whole, after-first:X, after-last:X, before-first:X or before-last:X, where X is one of . _ ~ + / = : -, or first:N with N from 1 to 99';

/**
 * Returns the part of a key that a form names.
 *
 * @param part `whole`; `after-last:_` for what follows the last underscore, and so on; `first:12` for the first 12 characters
 * @returns null if the key has no such part
 */
export function partOf(key: string, part: string): string | null {
  if (part === 'whole') return key;
  const [side = '', mark = ''] = part.startsWith('first:') ? ['first', part.slice(6)] : [part.slice(0, -2), part.slice(-1)];
  if (side === 'first') return key.length > Number(mark) ? key.slice(0, Number(mark)) : null;
  const index = side.endsWith('-first') ? key.indexOf(mark) : key.lastIndexOf(mark);
  if (index === -1) return null;
  const text = side.startsWith('after') ? key.slice(index + 1) : key.slice(0, index);
  return text === '' ? null : text;
}

/** Returns what the former system stored of a key, in hex. For bcrypt, which has no digest, the part by which the key is found. */
function storedOf(part: string, { algorithm, secret }: ImportForm): string | null {
  switch (algorithm) {
    case 'sha256':
    case 'sha512':
      return hash(algorithm, part, 'hex');
    case 'hmac-sha256':
      return secret && createHmac('sha256', secret).update(part).digest('hex');
    case 'bcrypt':
      return part;
  }
}

/** Returns the digest by which a key is found that was stored in this form, in hex. It differs for each algorithm and part. */
export const importDigestOf = ({ algorithm, part }: Pick<ImportForm, 'algorithm' | 'part'>, stored: string): string =>
  hash('sha256', `${algorithm} ${part} ${stored}`, 'hex');

/** Returns the digest by which a presented key is found if it was imported in this form, in hex. Null if it has not the form. */
export function presentedDigestOf(key: string, form: ImportForm): string | null {
  const part = partOf(key, form.part);
  const stored = part === null ? null : storedOf(part, form);
  return stored === null ? null : importDigestOf(form, stored);
}

/** Returns whether the SHA-256 of a key itself is stored, which is the fingerprint of a key of Keyward. */
export const isFingerprint = ({ algorithm, part }: Pick<ImportForm, 'algorithm' | 'part'>): boolean =>
  algorithm === 'sha256' && part === 'whole';
