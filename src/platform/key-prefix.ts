// Not in api-keys, because the logger recognizes keys by their prefix, too.

/** KEY_NAMESPACE, as the source of a regular expression. */
const KEY_NAMESPACE = '[a-z][a-z0-9]{1,11}';

/** A key prefix of any namespace, such as `amos_1a2b3c4d`, as the source of a regular expression. */
export const KEY_PREFIX = `${KEY_NAMESPACE}_[0-9a-f]{8}`;
