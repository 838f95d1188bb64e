import { ownerOf, type Preset, parsed, type Row, rateLimitOf, timeOf } from './preset.js';

const isObject = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns the rate limit that applies to each use of the key. */
function rateLimitIn({ ratelimit, ratelimits }: Row): { rateLimit: object | null } | { faults: string[] } {
  const old = parsed(ratelimit);
  const list = parsed(ratelimits) ?? (isObject(old) ? [old] : []);
  if (!Array.isArray(list) || list.length > 1) return { faults: ['ratelimits must be a list of at most one limit'] };
  const [limit] = list;
  return { rateLimit: isObject(limit) ? rateLimitOf(limit.limit, limit.duration) : null };
}

/** Keys of Unkey, which stores the SHA-256 of the whole key in base64. */
export const UNKEY: Preset = {
  name: 'unkey',
  system: 'Unkey',
  form: { algorithm: 'sha256', encoding: 'base64', part: 'whole' },
  lineOf(row) {
    if ((row.remaining ?? row.credits) != null) return { faults: ['credits cannot be imported: a key of Keyward has no number of uses'] };
    const limit = rateLimitIn(row);
    if ('faults' in limit) return limit;
    const identity = isObject(row.identity) ? row.identity.externalId : null;
    return {
      line: {
        ...ownerOf(row, identity ?? row.ownerId),
        hash: row.hash,
        displayPrefix: row.start,
        name: row.name,
        enabled: row.enabled,
        createdAt: timeOf(row.createdAt),
        expiresAt: timeOf(row.expires),
        revokedAt: timeOf(row.deletedAt),
        scopes: parsed(row.permissions),
        metadata: parsed(row.meta),
        rateLimit: limit.rateLimit,
      },
    };
  },
};
