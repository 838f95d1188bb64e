import type { Database } from '../../platform/database/client.js';
import { KeywardError, StartupError } from '../../platform/errors/keyward-error.js';

/** The row of the settings table that records whose ids the external ids are. */
const NAME = 'external_id_issuer';

/** Recorded before an AUTH_ISSUER was configured: the ids are the product's own. No issuer can be called so (see config.ts). */
export const PRODUCT = 'product';

/** Returns a text as a shell takes it: issuers may hold any visible ASCII character. */
const quoted = (text: string): string => (/^[\w:/.@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

async function recordedIssuer(database: Database): Promise<string> {
  const { value } = await database.setting.findUniqueOrThrow({ where: { name: NAME } });
  return value;
}

/**
 * Records, at the first start with an AUTH_ISSUER, that the external ids are that issuer's, as long as no user has one. The same
 * subject of another issuer may be another person, who would be let in to a stranger's account.
 *
 * One statement: of any number of processes that start at once with different issuers one is recorded, and the others see that.
 *
 * @param issuer AUTH_ISSUER; null if no tokens of an identity provider are accepted, which settles nothing
 * @returns the issuer on record; null if it is the product
 * @throws {StartupError} if the external ids belong to another one
 */
export async function claimExternalIds(database: Database, issuer: string | null): Promise<string | null> {
  if (issuer !== null) {
    await database.$executeRaw`
      UPDATE settings SET value = ${issuer}
      WHERE name = ${NAME} AND value = ${PRODUCT} AND NOT EXISTS (SELECT FROM users WHERE external_id IS NOT NULL)`;
  }
  const recorded = await recordedIssuer(database);
  if (issuer !== null && recorded !== issuer) {
    throw new StartupError(
      `AUTH_ISSUER is ${issuer}, but the external ids in this database belong to ${recorded}. If they mean the same people, ` +
        `run: npm run users -- change-issuer ${quoted(recorded)} ${quoted(issuer)}`,
    );
  }
  return recorded === PRODUCT ? null : recorded;
}

/**
 * Records another issuer. The operator asserts by it that every external id means the same person there.
 *
 * @param from must be the one on record, so that a command repeated by mistake changes nothing
 * @returns how many users have an external id
 * @throws {KeywardError} CONFLICT if another one is on record
 */
export async function changeExternalIdIssuer(database: Database, from: string, to: string): Promise<number> {
  const { count } = await database.setting.updateMany({ where: { name: NAME, value: from }, data: { value: to } });
  if (count === 0) {
    throw new KeywardError('CONFLICT', `The external ids in this database belong to ${await recordedIssuer(database)}, not to ${from}.`);
  }
  return database.user.count({ where: { externalId: { not: null } } });
}
