import type { CreateApiKeyInput, UpdateApiKeyInput } from '../gql/graphql';
import { type ExpiryChoice, type ExpiryError, expiryAt, expiryError, proposedExpiry } from './expiry';
import type { Key } from './key';
import type { KeyPolicy } from './policy';

/** The settings of a key as they stand in a form. */
export interface Draft {
  name: string;
  expiry: ExpiryChoice;
  date: string;
  scopes: readonly string[];
  /** One address or range a line. */
  cidrs: string;
  isLimited: boolean;
  calls: string;
  windowSeconds: number;
  notes: string;
}

export type DraftErrors = { expiry?: ExpiryError; calls?: 'callsInvalid'; notes?: 'notesInvalid' };

const CALLS_MAX = 1_000_000;

export const newDraft = (policy: KeyPolicy): Draft => ({
  name: '',
  expiry: proposedExpiry(policy),
  date: '',
  scopes: [],
  cidrs: '',
  isLimited: false,
  calls: '100',
  windowSeconds: 60,
  notes: '',
});

export const draftOf = ({ name, scopes, allowedCidrs, rateLimit, metadata }: Key): Draft => ({
  name: name ?? '',
  expiry: 'unchanged',
  date: '',
  scopes,
  cidrs: allowedCidrs.join('\n'),
  isLimited: rateLimit !== null,
  calls: String(rateLimit?.limit ?? 100),
  windowSeconds: rateLimit?.windowSeconds ?? 60,
  notes: Object.keys(metadata).length === 0 ? '' : JSON.stringify(metadata, null, 2),
});

export const linesOf = (text: string): string[] =>
  text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter(Boolean);

/** Returns the notes as an object, which is empty if the text is; undefined if the text is no JSON object. */
function notesOf(text: string): Record<string, unknown> | undefined {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const callsOf = (text: string): number | undefined => {
  const calls = Number(text.trim());
  return text.trim() !== '' && Number.isInteger(calls) && calls >= 1 && calls <= CALLS_MAX ? calls : undefined;
};

/** Returns what can be found wrong without the server. Everything else is the server's to judge. */
export function errorsOf(draft: Draft, policy: KeyPolicy, now: Date, created = now): DraftErrors {
  const errors: DraftErrors = {};
  const isNew = draft.expiry !== 'unchanged';
  const expiry = isNew ? expiryError(expiryAt(draft.expiry, draft.date, now), now, created, policy) : undefined;
  if (expiry) errors.expiry = expiry;
  if (draft.isLimited && callsOf(draft.calls) === undefined) errors.calls = 'callsInvalid';
  if (notesOf(draft.notes) === undefined) errors.notes = 'notesInvalid';
  return errors;
}

const rateOf = ({ isLimited, calls, windowSeconds }: Draft) => (isLimited ? { limit: callsOf(calls) ?? 0, windowSeconds } : null);

/** Returns the input of createApiKey. Settings that stand at their default are left out. */
export function inputOf(draft: Draft, now: Date): CreateApiKeyInput {
  const cidrs = linesOf(draft.cidrs);
  const notes = notesOf(draft.notes) ?? {};
  const rateLimit = rateOf(draft);
  return {
    ...(draft.name.trim() && { name: draft.name.trim() }),
    expiresAt: expiryAt(draft.expiry, draft.date, now)?.toISOString() ?? null,
    ...(draft.scopes.length > 0 && { scopes: [...draft.scopes] }),
    ...(cidrs.length > 0 && { allowedCidrs: cidrs }),
    ...(rateLimit && { rateLimit }),
    ...(Object.keys(notes).length > 0 && { metadata: notes }),
  };
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** Returns the input of updateApiKey: the settings that differ between the drafts. Editors of other settings are not undone. */
export function changesOf(before: Draft, after: Draft, now: Date): UpdateApiKeyInput {
  const [cidrs, notes] = [linesOf(after.cidrs), notesOf(after.notes) ?? {}];
  return {
    ...(after.name.trim() !== before.name && { name: after.name.trim() || null }),
    ...(after.expiry !== 'unchanged' && { expiresAt: expiryAt(after.expiry, after.date, now)?.toISOString() ?? null }),
    ...(!same(after.scopes, before.scopes) && { scopes: [...after.scopes] }),
    ...(!same(cidrs, linesOf(before.cidrs)) && { allowedCidrs: cidrs }),
    ...(!same(rateOf(after), rateOf(before)) && { rateLimit: rateOf(after) }),
    ...(!same(notes, notesOf(before.notes)) && { metadata: notes }),
  };
}

/** Returns the draft on top of newer settings: the user's changes stay, everything else is as it is now. */
export function rebase(before: Draft, after: Draft, current: Draft): Draft {
  const kept = Object.entries(after).filter(([field, value]) => !same(value, before[field as keyof Draft]));
  return { ...current, ...Object.fromEntries(kept) };
}
