import type { Caller } from './caller.js';
import type { ServicePermission } from './service-tokens/service-permission.js';

/** How the objects of a type belong to users, and who may read those of other users. */
export interface Ownership {
  /** The permission with which a service reads the objects of every user. */
  readonly permission: ServicePermission;
  /** Returns the id of the user that an object belongs to. Null if it belongs to no user. */
  readonly ownerIdOf: (object: never) => string | null;
}

/** Returns the id of the user that the caller is or acts for. Null for a service that acts for no user. */
function ownIdOf(caller: Caller): string | null {
  if (caller.kind === 'person') return caller.viewer.user.id;
  if (caller.kind === 'portal') return caller.user.id;
  const user = caller.permissions.includes('users:act') ? (caller.onBehalfOf?.user ?? null) : null;
  return user === null || user.disabledAt !== null ? null : user.id;
}

/** Returns whether the caller may read objects of a type that belong to a user. */
export function mayRead(caller: Caller, { permission }: Ownership, ownerId: string | null): boolean {
  if (caller.kind === 'service' && caller.permissions.includes(permission)) return true;
  return ownerId !== null && ownIdOf(caller) === ownerId;
}
