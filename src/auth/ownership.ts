import { KeywardError } from '../platform/errors/keyward-error.js';
import { type Caller, lacksPermission, refusalOfPortal, userOf } from './caller.js';
import type { PortalPermission } from './portal-sessions/portal-permission.js';
import type { ServicePermission } from './service-tokens/service-permission.js';

/** How the objects of a type belong to users, and who may read them as what another object leads to. */
export interface Ownership {
  /** The permission with which a service reads the objects of every user. */
  readonly service: ServicePermission;
  /** The permission that a portal session needs for the objects of its user. Null if it needs none. */
  readonly portal: PortalPermission | null;
  /** Returns the id of the user that an object belongs to. Null if it belongs to no user. */
  readonly ownerIdOf: (object: never) => string | null;
}

/** Returns the id of the user that the caller is or acts for. Null for a service that acts for no user. */
function ownIdOf(caller: Caller): string | null {
  const user = userOf(caller);
  if (caller.kind !== 'service') return user?.id ?? null;
  return user !== null && user.disabledAt === null && caller.permissions.includes('users:act') ? user.id : null;
}

/** Returns the error with which a caller is rejected that follows a relation to objects of a user; null if it may read them. */
export function refusalOfRelation(caller: Caller, { service, portal }: Ownership, ownerId: string | null): KeywardError | null {
  const isOwn = ownerId !== null && ownIdOf(caller) === ownerId;
  if (caller.kind === 'service') return isOwn || caller.permissions.includes(service) ? null : lacksPermission(service);
  const refusal = caller.kind === 'portal' && portal !== null ? refusalOfPortal([portal], caller) : null;
  return refusal ?? (isOwn ? null : new KeywardError('FORBIDDEN', 'This belongs to another user.'));
}
