/** What a portal session can permit, for its user alone. */
export enum PortalPermission {
  KEYS_READ = 'KEYS_READ',
  KEYS_CREATE = 'KEYS_CREATE',
  KEYS_UPDATE = 'KEYS_UPDATE',
  KEYS_ROTATE = 'KEYS_ROTATE',
  KEYS_REVOKE = 'KEYS_REVOKE',
  AUDIT_READ = 'AUDIT_READ',
}
