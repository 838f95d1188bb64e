import { ownerOf, type Preset, parsed, rateLimitOf, timeOf } from './preset.js';

/** Returns the permissions of a key, `{ "files": ["read"] }`, as scopes: `files:read`. */
function scopesOf(permissions: unknown): unknown {
  const byResource = parsed(permissions);
  if (typeof byResource !== 'object' || byResource === null) return byResource;
  return Object.entries(byResource).flatMap(([resource, actions]) =>
    Array.isArray(actions) ? actions.map((action) => `${resource}:${action}`) : [actions],
  );
}

/** The table `apikey` of @better-auth/api-key, which stores the SHA-256 of the whole key. */
export const BETTER_AUTH: Preset = {
  name: 'better-auth',
  system: 'Better Auth',
  form: { algorithm: 'sha256', encoding: 'base64url', part: 'whole' },
  lineOf(row) {
    if (row.remaining != null) return { faults: ['remaining cannot be imported: a key of Keyward has no number of uses'] };
    return {
      line: {
        // Before version 1.5, the column was called userId.
        ...ownerOf(row, row.referenceId ?? row.userId),
        hash: row.key,
        displayPrefix: row.start,
        name: row.name,
        enabled: row.enabled,
        createdAt: timeOf(row.createdAt),
        expiresAt: timeOf(row.expiresAt),
        scopes: scopesOf(row.permissions),
        metadata: parsed(row.metadata),
        rateLimit: row.rateLimitEnabled === true ? rateLimitOf(row.rateLimitMax, row.rateLimitTimeWindow) : null,
      },
    };
  },
};
