import type { PortalActor, ServiceActor, UserActor } from '../platform/actor.js';
import { KeywardError } from '../platform/errors/keyward-error.js';
import type { User } from './accounts/users.js';
import type { PortalPermission } from './portal-sessions/portal-permission.js';
import type { ServicePermission } from './service-tokens/service-permission.js';
import type { Viewer } from './sessions/sessions.js';

/** ID that no user has. Queries for it are empty, as those of a service that acts for an unknown user must be. */
export const NO_USER_ID = '00000000-0000-0000-0000-000000000000';

/** A signed-in user. */
export interface PersonCaller {
  readonly kind: 'person';
  readonly viewer: Viewer;
  readonly actor: UserActor;
}

/** A service of the product with a valid service token. */
export interface ServiceCaller {
  readonly kind: 'service';
  readonly serviceTokenId: string;
  readonly permissions: readonly string[];
  /** The user that the service acts for. Null if it acts for none. */
  readonly onBehalfOf: { readonly externalId: string /** Null if no user has the external id. */; readonly user: User | null } | null;
  readonly actor: ServiceActor;
}

/** A client with the token of a portal session. It acts for the user of the session alone. */
export interface PortalCaller {
  readonly kind: 'portal';
  readonly user: User;
  readonly permissions: readonly string[];
  readonly actor: PortalActor;
}

/** Who sends a request. */
export type Caller = PersonCaller | ServiceCaller | PortalCaller;

/** Returns the user that the caller is or acts for. Null for a service that acts for no user, or for an unknown one. */
export function userOf(caller: Caller): User | null {
  switch (caller.kind) {
    case 'person':
      return caller.viewer.user;
    case 'portal':
      return caller.user;
    case 'service':
      return caller.onBehalfOf?.user ?? null;
  }
}

/** Who may use an operation that is not public. */
export interface Access {
  /** Whether signed-in users may use it. */
  readonly people: boolean;
  /** The permission that a service needs. `acting`: users:act, and a user that it acts for. `any`: none. `none`: no service may use it. */
  readonly services: ServicePermission | 'acting' | 'any' | 'none';
  /** The permissions of which a portal session needs one. Empty if it needs none. Null: no portal session may use it. */
  readonly portal: readonly PortalPermission[] | null;
}

const forbidden = (message: string, requiredPermission?: string) =>
  new KeywardError('FORBIDDEN', message, requiredPermission === undefined ? {} : { requiredPermission });

/** Creates the error for a service that lacks a permission. */
export const lacksPermission = (permission: ServicePermission) =>
  forbidden(`The service token lacks the permission ${permission}.`, permission);

/** Creates the error for a service that acts for a disabled user. */
export const userIsDisabled = () => forbidden('This user is disabled.');

function refusalOfService({ services }: Access, { permissions, onBehalfOf }: ServiceCaller): KeywardError | null {
  if (services === 'none') return forbidden('This operation is for signed-in users. A service cannot use it.');
  if (services === 'any') return null;
  const required = services === 'acting' ? 'users:act' : services;
  if (!permissions.includes(required)) return lacksPermission(required);
  if (services !== 'acting') return null;
  if (onBehalfOf === null) {
    return forbidden('Send X-Keyward-On-Behalf-Of with the percent-encoded external ID of the user that the service acts for.');
  }
  return onBehalfOf.user?.disabledAt ? userIsDisabled() : null;
}

/** Returns the error with which a portal session is rejected that needs one of the permissions; null if it has one. */
export function refusalOfPortal(portal: readonly PortalPermission[] | null, { permissions }: PortalCaller): KeywardError | null {
  if (portal === null) return forbidden('A portal session cannot use this operation.');
  const [required] = portal;
  if (required === undefined || portal.some((permission) => permissions.includes(permission))) return null;
  return forbidden(`The portal session lacks the permission ${portal.join(' or ')}.`, required);
}

/** Returns the error with which an operation is rejected for a caller; null if the caller may use it. */
export function refusalOf(access: Access, caller: Caller): KeywardError | null {
  if (caller.kind === 'service') return refusalOfService(access, caller);
  if (caller.kind === 'portal') return refusalOfPortal(access.portal, caller);
  return access.people ? null : forbidden('This operation is for services of the product. It needs a service token.');
}
