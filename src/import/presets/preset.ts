import type { HashForm } from '../hash-form.js';

/** A row of another system, with names in camelCase. */
export type Row = Readonly<Record<string, unknown>>;

/** What the operator chooses for the rows of a preset. */
export interface PresetOptions {
  /** Scopes of keys that may do everything in the other system. */
  wildcardScopes: readonly string[];
}

/** How the keys of one system are imported. */
export interface Preset {
  name: string;
  /** Name of the system, as the help shows it. */
  system: string;
  form: Omit<HashForm, 'secret'>;
  /** Converts a row to a line. What the row cannot express is absent, and what a line cannot express is an error. */
  lineOf(row: Row, options: PresetOptions): { line: object } | { faults: string[] };
}

/** Returns the owner that the operator added to a row, or else the user that the row refers to. */
export function ownerOf({ email, externalId }: Row, userId: unknown): object {
  if (email != null || externalId != null) return { email, externalId };
  return userId == null ? {} : { externalId: String(userId) };
}

/** Returns a value that the row may hold as JSON text. A text that is no JSON stays as it is, so that its field is reported. */
export function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** Returns a time that the row may hold as milliseconds since the epoch. */
export const timeOf = (value: unknown): unknown =>
  typeof value === 'number' && Math.abs(value) <= 8.64e15 ? new Date(value).toISOString() : value;

/** Returns a rate limit, with its window in milliseconds. */
export const rateLimitOf = (limit: unknown, windowMs: unknown): object | null =>
  typeof windowMs === 'number' ? { limit, windowSeconds: Math.max(1, Math.ceil(windowMs / 1_000)) } : null;
