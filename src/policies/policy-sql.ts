/**
 * Returns SQL for the columns of the policy `p` as one JSON object of `PolicyColumns`. Null if there is no policy. The texts of this
 * file are parts of statements in which `u` is the user and `p` the policy that applies to the user.
 */
export const POLICY_JSON = `CASE WHEN p.id IS NOT NULL THEN json_build_object(
    'id', p.id, 'name', p.name, 'limitsScopes', p.limits_scopes, 'scopes', p.scopes, 'keysMax', p.keys_max,
    'ownerRateLimit', p.owner_rate_limit, 'ownerRateLimitWindowSeconds', p.owner_rate_limit_window_seconds,
    'keyLifetimeDaysMax', p.key_lifetime_days_max, 'expiryRequired', p.expiry_required, 'allowedCidrs', p.allowed_cidrs) END`;

/** Joins the policy that applies to the user `u`: the user's own, else the policy named `default`. */
export const JOIN_POLICY = `LEFT JOIN policies p ON p.id = coalesce(u.policy_id, (SELECT d.id FROM policies d WHERE d.name = 'default'))`;

/** Returns SQL for the effective expiry of a key, as effectiveExpiry computes it. @param key alias of the row of the key */
export const effectiveExpirySql = (key: string): string =>
  `effective_expiry(${key}.expires_at, coalesce(${key}.imported_at, ${key}.created_at), p.key_lifetime_days_max)`;

/** SQL for the different lifetimes in days that policies permit. */
export const POLICY_LIFETIMES = 'SELECT DISTINCT key_lifetime_days_max AS days FROM policies WHERE key_lifetime_days_max IS NOT NULL';
