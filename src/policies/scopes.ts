export const SCOPES_MAX = 50;
export const SCOPE_CHARACTERS_MAX = 64;

const SCOPE = /^[a-z0-9._:-]*(?:[a-z0-9._:-]|:\*)$/;
const WILDCARD = ':*';

/** Returns the rule that a scope breaks; null if it is valid. */
export function scopeFault(scope: string): string | null {
  if (scope.length > SCOPE_CHARACTERS_MAX) return `must be at most ${SCOPE_CHARACTERS_MAX} characters long`;
  return SCOPE.test(scope) ? null : 'must be lower-case letters, digits and . _ : - (and may end in :*)';
}

/**
 * Checks a scope to be granted. A pattern (`orders:*`) must be in the catalogue itself. Otherwise, a key granted `orders:*` would
 * gain every `orders:` scope that is added to the catalogue later.
 *
 * @param catalogue the scopes that can be granted; empty if every scope can be granted
 * @returns the rule that the scope breaks; null if it can be granted
 */
export const grantedScopeFault = (scope: string, catalogue: readonly string[]): string | null =>
  scopeFault(scope) ?? (catalogue.length === 0 || catalogue.includes(scope) ? null : 'is not one of the scopes that can be granted');

/** Returns whether a scope or pattern grants another one: it is equal, or a pattern that is at least as wide. */
export const coversScope = (scope: string, other: string): boolean =>
  scope === other || (scope.endsWith(WILDCARD) && other.length >= scope.length && other.startsWith(scope.slice(0, -1)));

/**
 * Returns whether the scopes of a key grant a required scope.
 *
 * @param granted the scopes of a key; `orders:*` grants every scope that begins with `orders:`
 * @param demanded one scope. It is not read as a pattern, so `orders:*` is granted only by an equal scope or a wider pattern
 */
export const isScopeGranted = (granted: readonly string[], demanded: string): boolean =>
  granted.some((scope) => coversScope(scope, demanded));

/** Returns every scope and pattern that grants a required scope, as isScopeGranted decides. */
export function scopesThatGrant(demanded: string): string[] {
  const prefixes = [...demanded.matchAll(/:/g)].map(({ index }) => demanded.slice(0, index + 1));
  return [...new Set([demanded, ...prefixes.filter((prefix) => prefix.length < demanded.length).map((prefix) => `${prefix}*`)])];
}

/**
 * Returns the scopes and patterns that can be granted, as grantedScopeFault and a policy permit them. Null if every scope can be granted.
 *
 * @param catalogue the scopes that can be granted; empty if every scope can be granted
 * @param permitted the scopes that the policy permits; null if it permits every scope
 */
export function grantableScopes(catalogue: readonly string[], permitted: readonly string[] | null): readonly string[] | null {
  if (catalogue.length === 0) return permitted;
  return permitted === null ? catalogue : catalogue.filter((scope) => isScopeGranted(permitted, scope));
}
