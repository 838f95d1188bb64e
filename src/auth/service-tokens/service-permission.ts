/** What a service token can permit. */
export const SERVICE_PERMISSIONS = [
  'users:act',
  'users:read',
  'users:write',
  'keys:read',
  'keys:write',
  'audit:read',
  'policies:write',
  'webhooks:manage',
  'keys:verify',
] as const;

export type ServicePermission = (typeof SERVICE_PERMISSIONS)[number];

export const isServicePermission = (text: string): text is ServicePermission => (SERVICE_PERMISSIONS as readonly string[]).includes(text);
