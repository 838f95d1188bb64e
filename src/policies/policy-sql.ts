/** Returns SQL for the columns of a policy as one JSON object of `PolicyColumns`. Null if there is no policy. @param policy alias of the table */
export const policyJsonSql = (policy: string): string => `CASE WHEN ${policy}.id IS NOT NULL THEN json_build_object(
    'id', ${policy}.id, 'name', ${policy}.name, 'limitsScopes', ${policy}.limits_scopes, 'scopes', ${policy}.scopes,
    'keysMax', ${policy}.keys_max, 'ownerRateLimit', ${policy}.owner_rate_limit,
    'ownerRateLimitWindowSeconds', ${policy}.owner_rate_limit_window_seconds, 'keyLifetimeDaysMax', ${policy}.key_lifetime_days_max,
    'expiryRequired', ${policy}.expiry_required, 'allowedCidrs', ${policy}.allowed_cidrs) END`;
