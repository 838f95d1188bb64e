import { z } from 'zod';
import { columnsOf, type KeyColumns } from '../api-keys/api-key-settings.js';
import { presentedDigestOf } from '../api-keys/import-forms.js';
import { readEmail } from '../auth/accounts/email.js';
import { externalIdFault } from '../auth/external-id.js';
import { KeywardError } from '../platform/errors/keyward-error.js';
import { fingerprintOf, isKeyPrefix } from '../platform/plaintext-key.js';
import { readTimestamp } from '../platform/timestamp.js';
import { displayPrefixFault, type HashForm, type ImportedHash, readHash } from './hash-form.js';
import { readImportedHash } from './imported-hash.js';
import { lifeFaults } from './life-rules.js';
import type { Owner } from './owner.js';
import type { Preset, PresetOptions } from './presets/preset.js';

/** One key of another system. */
export interface ImportedKey extends KeyColumns {
  owner: Owner;
  /** Name of the policy of the owner. Absent if the owner has none of its own, or keeps it. */
  policy?: string;
  /** Absent if the import generates one. */
  keyPrefix?: string;
  /** The beginning of the key in the other system. */
  displayPrefix?: string;
  /** bcrypt of the whole key, or the name of another hash, `$` and the hash in hex. */
  hashedKey: string;
  /** SHA-256 of the whole key, in hex. Absent if it is not known before the first use. */
  fingerprint?: string;
  /** Digest by which the key is found before its first use, in hex. Absent if it has a fingerprint or Keyward's own form. */
  importDigest?: string;
  createdAt: Date;
  revokedAt: Date | null;
  revokedReason: string | null;
}

export interface ReadOptions {
  now: Date;
  /** Scopes that can be granted. If empty, every scope can be granted. */
  scopeCatalogue: readonly string[];
  /** Form of the hashes of keys of another system. Absent if the keys have Keyward's own form, hashed by bcrypt. */
  form?: HashForm;
  /** Converts the rows of another system. Absent if the lines have the fields of an import. */
  preset?: Preset;
  presetOptions?: PresetOptions;
}

// No message may repeat a value: a line contains an email address and a hash, or a plaintext key by mistake.
const typed = (description: string) => ({
  error: ({ input }: { input?: unknown }) => (input === undefined ? 'is missing' : `must be ${description}`),
});

const text = z.string(typed('a string'));
const texts = z.array(text, typed('a list of strings'));
const count = z.int(typed('a whole number'));

/** Creates the schema of a string that `read` converts. A `fault` that it returns becomes the message. */
const readBy = <T extends object>(read: (value: string) => T | { fault: string }) =>
  text.transform((value, context) => {
    const result = read(value);
    if (!('fault' in result) || typeof result.fault !== 'string') return result as T;
    context.addIssue({ code: 'custom', message: result.fault });
    return z.NEVER;
  });

const timestamp = readBy((value) => readTimestamp(value) ?? { fault: 'must be a timestamp such as 2024-01-31T12:00:00Z' });

const RATE_LIMIT = z.strictObject({ limit: count, windowSeconds: count }, typed('an object with limit and windowSeconds'));

/** Creates a rule for a text from a function that returns what is wrong with it. */
const keepsRule = (faultOf: (value: string) => string | null) =>
  text.superRefine((value, context) => {
    const fault = faultOf(value);
    if (fault !== null) context.addIssue({ code: 'custom', message: fault });
  });

const keyPrefix = text.refine(isKeyPrefix, 'must be 2 to 12 lower-case letters and digits, _ and 8 hex digits, such as amos_1a2b3c4d');

const COMMON = {
  email: readBy(readEmail).nullish(),
  externalId: keepsRule(externalIdFault).nullish(),
  policy: text.nullish(),
  name: text.nullish(),
  createdAt: timestamp.nullish(),
  scopes: texts.nullish(),
  allowedCidrs: texts.nullish(),
  rateLimit: RATE_LIMIT.nullish(),
  // `custom` returns the parsed object itself. A copy would interpret a member called __proto__.
  metadata: z
    .custom<Record<string, unknown>>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), 'must be an object')
    .nullish(),
  trustedMetadata: z
    .custom<Record<string, unknown>>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), 'must be an object')
    .nullish(),
  enabled: z.boolean(typed('true or false')).nullish(),
  expiresAt: timestamp.nullish(),
  revokedAt: timestamp.nullish(),
  revokedReason: text.nullish(),
};

/** A key of Keyward's own form. */
const OWN_LINE = z.strictObject({ keyPrefix, hashedKey: readBy(readImportedHash), ...COMMON });

/** A key of another form. */
const FOREIGN_LINE = z.strictObject({
  hash: text,
  displayPrefix: keepsRule(displayPrefixFault).nullish(),
  keyPrefix: keyPrefix.nullish(),
  ...COMMON,
});
const NAMES = new Set([...Object.keys(OWN_LINE.shape), ...Object.keys(FOREIGN_LINE.shape)]);
const RATE_LIMIT_NAMES = new Set(Object.keys(RATE_LIMIT.shape));

type OwnFields = z.infer<typeof OWN_LINE>;
type ForeignFields = z.infer<typeof FOREIGN_LINE>;
type Fields = OwnFields | ForeignFields;

type KeyIdentity = Pick<ImportedKey, 'keyPrefix' | 'displayPrefix' | 'hashedKey' | 'fingerprint' | 'importDigest'>;

/** Fields that exports of other systems contain and an import ignores. */
const IGNORED = new Set(['id', 'userId']);

const camelCase = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Repeats only names that look like a misspelled field. Any other name may be a secret in the wrong place. */
const printableName = (name: string): string => (/^[A-Za-z_]{1,30}$/.test(name) ? name : 'a field with a hidden name');

/** Returns the object with known names in camelCase and without ignored fields. Adds a message to `faults` for each name that occurs twice. */
function normalized(object: object, known: ReadonlySet<string>, faults: string[]): object {
  const fields = new Map<string, unknown>();
  for (const [given, value] of Object.entries(object)) {
    const name = known.has(camelCase(given)) ? camelCase(given) : given;
    if (IGNORED.has(camelCase(given))) continue;
    if (fields.has(name)) faults.push(`${name} must not be repeated in snake_case`);
    const isNested = name === 'rateLimit' && typeof value === 'object' && value !== null;
    fields.set(name, isNested ? normalized(value, RATE_LIMIT_NAMES, faults) : value);
  }
  return Object.fromEntries(fields);
}

function faultsOf(error: z.ZodError): string[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map(String).join('.');
    if (issue.code !== 'unrecognized_keys') return [`${path} ${issue.message}`];
    return issue.keys.map((name) => `${path === '' ? '' : `${path}.`}${printableName(name)} is not a known field`);
  });
}

/** Returns the settings of the key. They have the same bounds as in the API, but the key may have expired. */
function settingsOf(fields: Fields, { now, scopeCatalogue }: ReadOptions): { columns: KeyColumns } | { faults: string[] } {
  const { name, scopes, allowedCidrs, rateLimit, metadata, trustedMetadata, enabled, expiresAt } = fields;
  const given = Object.entries({ name, scopes, allowedCidrs, rateLimit, metadata, trustedMetadata, enabled }).filter(
    ([, value]) => value != null,
  );
  const hasExpired = expiresAt && expiresAt <= now;
  try {
    const columns = columnsOf({ ...Object.fromEntries(given), ...(expiresAt && !hasExpired && { expiresAt }) }, now, scopeCatalogue);
    return { columns: { ...columns, ...(hasExpired && { expiresAt }) } };
  } catch (error) {
    if (!(error instanceof KeywardError) || !error.details.fields) throw error;
    return { faults: error.details.fields.map(({ path, message }) => `${path.replace(/^input\./, '')} ${message}`) };
  }
}

function parse(line: string): object | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

const isHashOf = (key: string, form: HashForm, { fingerprint, importDigest }: ImportedHash): boolean =>
  fingerprint === fingerprintOf(key) ||
  (form.algorithm !== 'bcrypt' && importDigest !== null && presentedDigestOf(key, form) === importDigest);

/** Returns what identifies a key, or what is wrong with it. */
function identityOf(fields: Fields, form: HashForm | undefined): { identity: KeyIdentity } | { faults: string[] } {
  if (!('hash' in fields) || form === undefined) {
    // Lines without a form are read by OWN_LINE.
    const { keyPrefix: own, hashedKey } = fields as OwnFields;
    return { identity: { keyPrefix: own, hashedKey: hashedKey.hashedKey } };
  }
  const { hash, displayPrefix, keyPrefix: own } = fields;
  const read = readHash(hash, form, displayPrefix ?? null);
  if ('fault' in read) return { faults: [`${read.path} ${read.fault}`] };
  const { hashedKey, fingerprint, importDigest } = read;
  // This text is shown, so it must not contain what is hashed.
  if (displayPrefix && isHashOf(displayPrefix, form, read)) return { faults: ['displayPrefix must not be the whole key'] };
  return {
    identity: {
      hashedKey,
      ...(own && { keyPrefix: own }),
      ...(displayPrefix && { displayPrefix }),
      ...(fingerprint !== null && { fingerprint }),
      ...(importDigest !== null && { importDigest }),
    },
  };
}

function ownerOf({ email, externalId }: Fields): { owner: Owner } | { faults: string[] } {
  if (email && externalId) return { faults: ['email and externalId must not both be given'] };
  if (email) return { owner: { email: email.email, externalId: null } };
  return externalId ? { owner: { email: null, externalId } } : { faults: ['email or externalId is missing'] };
}

/**
 * Reads one line of an import file.
 *
 * @param line a JSON object with names in camelCase or snake_case; null is the same as absent for an optional field
 * @returns the key, or a message for each rule that the line breaks; no message contains a value
 */
export function readImportLine(line: string, options: ReadOptions): { key: ImportedKey } | { faults: string[] } {
  const object = parse(line);
  if (!object) return { faults: ['must be one JSON object'] };
  const { preset, presetOptions = { wildcardScopes: [] } } = options;
  if (preset === undefined) return readImportFields(object, options);
  const row = preset.lineOf(Object.fromEntries(Object.entries(object).map(([name, value]) => [camelCase(name), value])), presetOptions);
  return 'faults' in row ? row : readImportFields(row.line, options);
}

/** Reads the fields of a key to import, as readImportLine does. */
export function readImportFields(object: object, options: ReadOptions): { key: ImportedKey } | { faults: string[] } {
  const faults: string[] = [];
  const line = options.form === undefined ? OWN_LINE : FOREIGN_LINE;
  const result = line.safeParse(normalized(object, NAMES, faults));
  if (!result.success) return { faults: [...faults, ...faultsOf(result.error)] };
  const fields: Fields = result.data;
  const parts = [ownerOf(fields), identityOf(fields, options.form), settingsOf(fields, options)] as const;
  faults.push(...lifeFaults(fields, options.now), ...parts.flatMap((part) => ('faults' in part ? part.faults : [])));
  const [owner, identity, settings] = parts;
  if ('faults' in owner || 'faults' in identity || 'faults' in settings || faults.length > 0) return { faults };
  return {
    key: {
      ...settings.columns,
      ...identity.identity,
      ...owner,
      ...(fields.policy && { policy: fields.policy }),
      createdAt: fields.createdAt ?? options.now,
      revokedAt: fields.revokedAt ?? null,
      revokedReason: fields.revokedReason ?? null,
    },
  };
}
