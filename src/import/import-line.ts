import { z } from 'zod';
import { columnsOf, type KeyColumns } from '../api-keys/api-key-settings.js';
import { REASON_CHARACTERS_MAX } from '../api-keys/key-revocation.js';
import { readEmail } from '../auth/accounts/email.js';
import { KeywardError } from '../platform/errors/keyward-error.js';
import { isKeyPrefix } from '../platform/plaintext-key.js';
import { shortTextFault } from '../platform/text.js';
import { readTimestamp } from '../platform/timestamp.js';
import { readImportedHash } from './imported-hash.js';

/** One key of another system. */
export interface ImportedKey extends KeyColumns {
  /** Canonical email address of the owner. */
  email: string;
  keyPrefix: string;
  hashedKey: string;
  createdAt: Date;
  revokedAt: Date | null;
  revokedReason: string | null;
}

export interface ReadOptions {
  now: Date;
  /** Scopes that can be granted. If empty, every scope can be granted. */
  scopeCatalogue: readonly string[];
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

const LINE = z.strictObject({
  email: readBy(readEmail),
  keyPrefix: text.refine(isKeyPrefix, 'must be 2 to 12 lower-case letters and digits, _ and 8 hex digits, such as amos_1a2b3c4d'),
  hashedKey: readBy(readImportedHash),
  name: text.nullish(),
  createdAt: timestamp.nullish(),
  scopes: texts.nullish(),
  allowedCidrs: texts.nullish(),
  rateLimit: RATE_LIMIT.nullish(),
  // `custom` returns the parsed object itself. A copy would interpret a member called __proto__.
  metadata: z
    .custom<Record<string, unknown>>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), 'must be an object')
    .nullish(),
  enabled: z.boolean(typed('true or false')).nullish(),
  expiresAt: timestamp.nullish(),
  revokedAt: timestamp.nullish(),
  revokedReason: text.nullish(),
});
const NAMES = new Set(Object.keys(LINE.shape));
const RATE_LIMIT_NAMES = new Set(Object.keys(RATE_LIMIT.shape));

type Fields = z.infer<typeof LINE>;

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

function lifeFaults(fields: Fields, now: Date): string[] {
  const { createdAt, revokedAt, revokedReason } = fields;
  const faults: string[] = [];
  if (createdAt && createdAt > now) faults.push('createdAt must not be in the future');
  if (revokedAt && revokedAt > now) faults.push('revokedAt must not be in the future');
  if (typeof revokedReason === 'string') {
    const fault = shortTextFault(revokedReason, REASON_CHARACTERS_MAX);
    if (fault !== null) faults.push(`revokedReason ${fault}`);
    if (!revokedAt) faults.push('revokedReason requires revokedAt');
  }
  return faults;
}

/** Returns the settings of the key. They have the same bounds as in the API, but the key may have expired. */
function settingsOf(fields: Fields, { now, scopeCatalogue }: ReadOptions): { columns: KeyColumns } | { faults: string[] } {
  const { name, scopes, allowedCidrs, rateLimit, metadata, enabled, expiresAt } = fields;
  const given = Object.entries({ name, scopes, allowedCidrs, rateLimit, metadata, enabled }).filter(([, value]) => value != null);
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

/**
 * Reads one line of an import file.
 *
 * @param line a JSON object with names in camelCase or snake_case; null is the same as absent for an optional field
 * @returns the key, or a message for each rule that the line breaks; no message contains a value
 */
export function readImportLine(line: string, options: ReadOptions): { key: ImportedKey } | { faults: string[] } {
  const object = parse(line);
  if (!object) return { faults: ['must be one JSON object'] };
  const faults: string[] = [];
  const result = LINE.safeParse(normalized(object, NAMES, faults));
  if (!result.success) return { faults: [...faults, ...faultsOf(result.error)] };
  const fields = result.data;
  const settings = settingsOf(fields, options);
  faults.push(...lifeFaults(fields, options.now), ...('faults' in settings ? settings.faults : []));
  if ('faults' in settings || faults.length > 0) return { faults };
  return {
    key: {
      ...settings.columns,
      email: fields.email.email,
      keyPrefix: fields.keyPrefix,
      hashedKey: fields.hashedKey.hashedKey,
      createdAt: fields.createdAt ?? options.now,
      revokedAt: fields.revokedAt ?? null,
      revokedReason: fields.revokedReason ?? null,
    },
  };
}
