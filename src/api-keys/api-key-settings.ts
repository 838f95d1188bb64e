import type { Actor } from '../platform/actor.js';
import { KeywardError, type Report, refuseFaults } from '../platform/errors/keyward-error.js';
import { shortTextFault } from '../platform/text.js';
import { canonicalCidrs, type RateLimit, reportCidrFaults, reportListFaults, reportRateLimitFaults } from '../policies/limit-settings.js';
import { grantedScopeFault, SCOPES_MAX } from '../policies/scopes.js';
import { reportMetadataFaults } from './api-key-metadata.js';

const NAME_CHARACTERS_MAX = 100;
const EXPIRY_YEARS_MAX = 10;

/** Settings of a key that its owner chooses. Absent settings are unchanged; null clears an optional one. */
export interface KeySettings {
  name?: string | null;
  scopes?: readonly string[] | null;
  allowedCidrs?: readonly string[] | null;
  rateLimit?: RateLimit | null;
  metadata?: Readonly<Record<string, unknown>> | null;
  /** Set by services of the product, never by people. */
  trustedMetadata?: Readonly<Record<string, unknown>> | null;
  expiresAt?: Date | null;
  enabled?: boolean | null;
}

/** The settings as columns of the table. */
export interface KeyColumns {
  name?: string | null;
  scopes?: string[];
  allowedCidrs?: string[];
  rateLimit?: number | null;
  rateLimitWindowSeconds?: number | null;
  metadata?: object;
  trustedMetadata?: object;
  expiresAt?: Date | null;
  enabled?: boolean;
}

export function expiryFault(expiresAt: Date, now: Date): string | null {
  const last = new Date(now);
  last.setUTCFullYear(last.getUTCFullYear() + EXPIRY_YEARS_MAX);
  if (expiresAt <= now) return 'must be in the future';
  return expiresAt > last ? `must be within ${EXPIRY_YEARS_MAX} years` : null;
}

function checkSettings(settings: KeySettings, now: Date, scopeCatalogue: readonly string[], report: Report): void {
  const { name, scopes, allowedCidrs, rateLimit, metadata, trustedMetadata, expiresAt, enabled } = settings;
  if (typeof name === 'string') report('name', shortTextFault(name, NAME_CHARACTERS_MAX));
  for (const [field, value] of Object.entries({ scopes, allowedCidrs, metadata, trustedMetadata, enabled })) {
    if (value === null) report(field, 'must not be null');
  }
  if (scopes)
    reportListFaults('scopes', scopes, { itemsMax: SCOPES_MAX, faultOf: (scope) => grantedScopeFault(scope, scopeCatalogue) }, report);
  if (allowedCidrs) reportCidrFaults('allowedCidrs', allowedCidrs, report);
  if (rateLimit) reportRateLimitFaults('rateLimit', rateLimit, report);
  if (metadata) reportMetadataFaults('metadata', metadata, report);
  if (trustedMetadata) reportMetadataFaults('trustedMetadata', trustedMetadata, report);
  if (expiresAt) report('expiresAt', expiryFault(expiresAt, now));
}

/** Rejects settings that the actor may not choose. @throws {KeywardError} FORBIDDEN */
export function rejectForbiddenSettings({ trustedMetadata }: KeySettings, actor: Actor): void {
  if (trustedMetadata === undefined || actor.kind === 'service' || actor.kind === 'operator') return;
  throw new KeywardError('FORBIDDEN', 'Only a service of the product can set `trustedMetadata`.');
}

/**
 * Validates settings and converts them to columns.
 *
 * @param scopeCatalogue the scopes that can be granted; empty if every scope can be granted
 * @param checkMore reports the broken rules of a policy together with the others
 * @returns the columns that the settings change
 * @throws {KeywardError} BAD_USER_INPUT with every broken rule; the paths begin with `input.`
 */
export function columnsOf(
  settings: KeySettings,
  now: Date,
  scopeCatalogue: readonly string[],
  checkMore: (report: Report) => void = () => undefined,
): KeyColumns {
  refuseFaults('input.', (report) => {
    checkSettings(settings, now, scopeCatalogue, report);
    checkMore(report);
  });
  const { name, scopes, allowedCidrs, rateLimit, metadata, trustedMetadata, expiresAt, enabled } = settings;
  return {
    ...(name !== undefined && { name }),
    ...(scopes && { scopes: [...new Set(scopes)] }),
    ...(allowedCidrs && { allowedCidrs: canonicalCidrs(allowedCidrs) }),
    ...(rateLimit !== undefined && { rateLimit: rateLimit?.limit ?? null, rateLimitWindowSeconds: rateLimit?.windowSeconds ?? null }),
    ...(metadata && { metadata }),
    ...(trustedMetadata && { trustedMetadata }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(typeof enabled === 'boolean' && { enabled }),
  };
}
