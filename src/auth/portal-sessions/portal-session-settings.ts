import { refuseFaults } from '../../platform/errors/keyward-error.js';
import { PORTAL_SESSION_LIMITS } from '../../platform/limits.js';
import { externalIdFault } from '../external-id.js';
import type { PortalPermission } from './portal-permission.js';

const ORIGIN_CHARACTERS_MAX = 255;

/** What a service decides about a new portal session. */
export interface PortalSessionSettings {
  externalId: string;
  permissions: readonly PortalPermission[];
  expiresInSeconds: number;
  /** Null if every client may use the session. */
  origin: string | null;
  /** Who uses the session. Null if it is the user. */
  actor: string | null;
}

/** Returns whether a text is the origin of a web page, exactly as browsers send it. */
export const isWebOrigin = (text: string): boolean =>
  text.length <= ORIGIN_CHARACTERS_MAX && /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;

/** @throws {KeywardError} BAD_USER_INPUT with every broken rule */
export function refuseBadSettings({ externalId, expiresInSeconds, origin, actor }: PortalSessionSettings): void {
  const { expiresInSecondsMin: min, expiresInSecondsMax: max } = PORTAL_SESSION_LIMITS;
  refuseFaults('input.', (report) => {
    report('externalId', externalIdFault(externalId));
    report('expiresInSeconds', expiresInSeconds >= min && expiresInSeconds <= max ? null : `must be from ${min} to ${max}`);
    if (origin !== null && !isWebOrigin(origin)) report('origin', 'must be an origin such as https://app.example.com, without a path');
    if (actor !== null) report('actor', externalIdFault(actor));
  });
}
