export const SCOPES_MAX = 50;
export const SCOPE_CHARACTERS_MAX = 64;

const SCOPE = /^[a-z0-9._:-]*(?:[a-z0-9._:-]|:\*)$/;
const WILDCARD = ':*';

/** @returns what keeps a text from being a scope, or null when nothing does */
export function scopeFault(scope: string): string | null {
  if (scope.length > SCOPE_CHARACTERS_MAX) return `must be at most ${SCOPE_CHARACTERS_MAX} characters long`;
  return SCOPE.test(scope) ? null : 'must be lower-case letters, digits and . _ : - (and may end in :*)';
}

/**
 * A pattern (`orders:*`) must be in the catalogue itself: it would else grant scopes that the catalogue gets later.
 *
 * @param catalogue the scopes that can be granted; empty: any
 * @returns what keeps a text from being granted as a scope, or null when nothing does
 */
export const grantedScopeFault = (scope: string, catalogue: readonly string[]): string | null =>
  scopeFault(scope) ?? (catalogue.length === 0 || catalogue.includes(scope) ? null : 'is not one of the scopes that can be granted');

/**
 * @param granted the scopes of a key; `orders:*` stands for anything under `orders:`
 * @param demanded one scope; no pattern, so a demand that can't be granted is never met
 */
export function isScopeGranted(granted: readonly string[], demanded: string): boolean {
  return granted.some(
    (scope) =>
      scope === demanded || (scope.endsWith(WILDCARD) && demanded.length >= scope.length && demanded.startsWith(scope.slice(0, -1))),
  );
}
