import type { Database } from '../../platform/database/client.js';
import { KeywardError, StartupError } from '../../platform/errors/keyward-error.js';

/** Row of the settings table that records the issuer of the external ids. */
const NAME = 'external_id_issuer';

/**
 * Recorded value before an AUTH_ISSUER is configured: the ids are the product's own. No issuer can have this name (see
 * config-forms.ts).
 */
export const PRODUCT = 'product';

/** Returns a text quoted for a shell, because an issuer may contain any visible ASCII character. */
const quoted = (text: string): string => (/^[\w:/.@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

async function recordedIssuer(database: Database): Promise<string> {
  const { value } = await database.setting.findUniqueOrThrow({ where: { name: NAME } });
  return value;
}

/**
 * Records the issuer of the external ids at the first start with an AUTH_ISSUER, if no user has an external id. The same subject
 * of another issuer may be another person, who would get access to the account of a different user.
 *
 * It is one statement: if processes start in parallel with different issuers, one issuer is recorded and the others get an error.
 *
 * @param issuer AUTH_ISSUER, or PRODUCT if services of the product are the only callers; null if the settings do not decide it,
 *   which records nothing
 * @returns the recorded issuer; null if the ids are the product's own
 * @throws {StartupError} if another one is recorded
 */
export async function claimExternalIds(database: Database, issuer: string | null): Promise<string | null> {
  if (issuer !== null) {
    await database.$executeRaw`
      UPDATE settings SET value = ${issuer}
      WHERE name = ${NAME} AND value = ${PRODUCT} AND NOT EXISTS (SELECT FROM users WHERE external_id IS NOT NULL)`;
  }
  const recorded = await recordedIssuer(database);
  if (issuer !== null && recorded !== issuer) {
    const setting = issuer === PRODUCT ? 'AUTH_MODE' : 'AUTH_ISSUER';
    throw new StartupError(
      `${setting} is ${issuer}, but the external ids in this database belong to ${recorded}. If they mean the same people, ` +
        `run: keyward users change-issuer ${quoted(recorded)} ${quoted(issuer)}`,
    );
  }
  return recorded === PRODUCT ? null : recorded;
}

/**
 * Records another issuer. By this, the operator asserts that every external id means the same person at that issuer.
 *
 * @param from must be the recorded issuer, so that a command repeated by mistake changes nothing
 * @returns the number of users with an external id
 * @throws {KeywardError} CONFLICT if another issuer is recorded
 */
export async function changeExternalIdIssuer(database: Database, from: string, to: string): Promise<number> {
  const { count } = await database.setting.updateMany({ where: { name: NAME, value: from }, data: { value: to } });
  if (count === 0) {
    throw new KeywardError('CONFLICT', `The external ids in this database belong to ${await recordedIssuer(database)}, not to ${from}.`);
  }
  return database.user.count({ where: { externalId: { not: null } } });
}
