import { badUserInput, refuseFaults } from '../../platform/errors/keyward-error.js';
import { canonicalRange } from '../../platform/ip/address-ranges.js';
import { SERVICE_TOKEN_LIMITS } from '../../platform/limits.js';
import { isServicePermission, SERVICE_PERMISSIONS } from './service-permission.js';

/** The audit log names a service by it, as `service:NAME`. */
const NAME = /^[a-z0-9-]{1,64}$/;

/** What the operator decides about a new service token. */
export interface ServiceTokenSettings {
  name: string;
  permissions: readonly string[];
  /** Empty if every address may use the token. */
  cidrs: readonly string[];
  /** Null if the token does not expire. */
  expiresAt: Date | null;
}

function permissionsFault(permissions: readonly string[]): string | null {
  const position = permissions.findIndex((permission) => !isServicePermission(permission));
  if (position >= 0) return `item ${position + 1} is unknown. The permissions are ${SERVICE_PERMISSIONS.join(', ')}`;
  return permissions.length === 0 ? 'must have at least one item' : null;
}

function cidrsFault(cidrs: readonly string[]): string | null {
  const position = cidrs.findIndex((cidr) => canonicalRange(cidr) === null);
  if (position >= 0) return `item ${position + 1} must be an IP address or a CIDR range`;
  return cidrs.length > SERVICE_TOKEN_LIMITS.cidrsMax ? `must have at most ${SERVICE_TOKEN_LIMITS.cidrsMax} items` : null;
}

/** Returns the settings as columns. @throws {KeywardError} BAD_USER_INPUT with every broken rule */
export function columnsOf({ name, permissions, cidrs, expiresAt }: ServiceTokenSettings, now: Date) {
  refuseFaults('', (report) => {
    report('name', NAME.test(name) ? null : 'must be 1 to 64 lower-case letters, digits and hyphens');
    report('permissions', permissionsFault(permissions));
    report('cidrs', cidrsFault(cidrs));
    report('expires-at', expiresAt !== null && expiresAt <= now ? 'must be in the future' : null);
  });
  return {
    name,
    permissions: [...new Set(permissions)],
    cidrs: [...new Set(cidrs.flatMap((cidr) => canonicalRange(cidr) ?? []))],
    expiresAt,
  };
}

/** Checks the overlap of a rotation. @throws {KeywardError} BAD_USER_INPUT */
export function refuseBadOverlap(seconds: number): void {
  const { overlapSecondsMax } = SERVICE_TOKEN_LIMITS;
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= overlapSecondsMax) return;
  throw badUserInput([{ path: 'overlap', message: `must be from 0 to ${overlapSecondsMax} seconds` }]);
}
