import type { ServiceActor, UserActor } from '../platform/actor.js';
import { KeywardError } from '../platform/errors/keyward-error.js';
import type { User } from './accounts/users.js';
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

/** Who sends a request. */
export type Caller = PersonCaller | ServiceCaller;

/** Who may use an operation that is not public. */
export interface Access {
  /** Whether signed-in users may use it. */
  readonly people: boolean;
  /** The permission that a service needs. `acting`: users:act, and a user that it acts for. `any`: none. `none`: no service may use it. */
  readonly services: ServicePermission | 'acting' | 'any' | 'none';
}

const forbidden = (message: string, requiredPermission?: ServicePermission) =>
  new KeywardError('FORBIDDEN', message, requiredPermission === undefined ? {} : { requiredPermission });

function refusalOfService({ services }: Access, { permissions, onBehalfOf }: ServiceCaller): KeywardError | null {
  if (services === 'none') return forbidden('This operation is for signed-in users. A service cannot use it.');
  if (services === 'any') return null;
  const required = services === 'acting' ? 'users:act' : services;
  if (!permissions.includes(required)) return forbidden(`The service token lacks the permission ${required}.`, required);
  if (services !== 'acting') return null;
  if (onBehalfOf === null) {
    return forbidden('Send X-Keyward-On-Behalf-Of with the percent-encoded external ID of the user that the service acts for.');
  }
  return onBehalfOf.user?.disabledAt ? forbidden('This user is disabled.') : null;
}

/** Returns the error with which an operation is rejected for a caller; null if the caller may use it. */
export function refusalOf(access: Access, caller: Caller): KeywardError | null {
  if (caller.kind === 'service') return refusalOfService(access, caller);
  return access.people ? null : forbidden('This operation is for services of the product. It needs a service token.');
}
