import type { PortalPermission } from '../gql/graphql';
import type { KeysScope } from '../keys/scope';

type Access = Pick<KeysScope, 'mayRead' | 'mayCreate' | 'mayUpdate' | 'mayRotate' | 'mayRevoke' | 'mayAudit' | 'showsUsage'>;

/**
 * Returns what is shown: what the page asks for and the portal session permits.
 *
 * @param permissions null if the caller is no portal session: then every operation on the user's own keys is permitted
 */
export function scopeOf(features: readonly string[], permissions: readonly PortalPermission[] | null): Access {
  const may = (feature: string, permission: PortalPermission) =>
    features.includes(feature) && (permissions === null || permissions.includes(permission));
  const mayRead = permissions === null || permissions.includes('KEYS_READ');
  return {
    mayRead,
    mayCreate: may('create', 'KEYS_CREATE'),
    mayUpdate: may('edit', 'KEYS_UPDATE'),
    mayRotate: may('rotate', 'KEYS_ROTATE'),
    mayRevoke: may('revoke', 'KEYS_REVOKE'),
    mayAudit: mayRead && (permissions === null ? features.includes('events') : permissions.includes('AUDIT_READ')),
    showsUsage: mayRead && features.includes('usage'),
  };
}
