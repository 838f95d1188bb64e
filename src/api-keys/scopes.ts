export const SCOPES_MAX = 50;
export const SCOPE_CHARACTERS_MAX = 64;

const SCOPE = /^[a-z0-9._:-]*(?:[a-z0-9._:-]|:\*)$/;
const WILDCARD = ':*';

/** @returns what keeps a text from being granted as a scope, or null when nothing does */
export function grantedScopeFault(scope: string): string | null {
  if (scope.length > SCOPE_CHARACTERS_MAX) return `must be at most ${SCOPE_CHARACTERS_MAX} characters long`;
  return SCOPE.test(scope) ? null : 'must be lower-case letters, digits and . _ : - (and may end in :*)';
}

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
