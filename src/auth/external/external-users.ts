import { createHash } from 'node:crypto';
import { AuditAction, type AuditLog } from '../../audit/service.js';
import type { Clock } from '../../platform/clock.js';
import type { Database, Transaction } from '../../platform/database/client.js';
import { conflict } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { logEntry, type Origin } from '../../platform/origin.js';
import { EXTERNAL_EMAIL_DOMAIN, readNewEmail } from '../email.js';
import type { User } from '../users.js';
import type { ExternalIdentity } from './external-tokens.js';

/**
 * What stands in for an address that isn't known, or is another account's: unique, the same every time, reached by no mail
 * (RFC 2606 §2), and nothing that anybody can sign up with.
 */
function standInEmail({ issuer, subject }: ExternalIdentity): string {
  const name = createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest('hex')
    .slice(0, 32);
  return `${name}@${EXTERNAL_EMAIL_DOMAIN}`;
}

/** @returns the addresses that the user may get, the better one first */
function emailsFor(identity: ExternalIdentity): string[] {
  const { email, fault } = readNewEmail(identity.verifiedEmail ?? '');
  return fault === null ? [email, standInEmail(identity)] : [standInEmail(identity)];
}

/**
 * The users that an identity provider vouches for: known by issuer and subject alone, and made at first sight. An account
 * is never found by its email address, which the provider may give to somebody else, or somebody may have signed up with.
 */
export class ExternalUsers {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #audit: AuditLog;
  readonly #logger: Logger;

  constructor(options: { database: Database; clock: Clock; audit: AuditLog; logger: Logger }) {
    this.#database = options.database;
    this.#clock = options.clock;
    this.#audit = options.audit;
    this.#logger = options.logger;
  }

  /** @returns the user, disabled or not; one query for a known one */
  async findOrCreate(identity: ExternalIdentity, origin: Origin): Promise<User> {
    return (await find(this.#database, identity)) ?? (await this.#create(identity, origin));
  }

  async #create(identity: ExternalIdentity, origin: Origin): Promise<User> {
    const { user, made } = await this.#database.$transaction(async (transaction) => {
      for (const email of emailsFor(identity)) {
        const made = await this.#insert(transaction, identity, email, origin);
        if (made) return { user: made, made: true };
        const known = await find(transaction, identity);
        if (known) return { user: known, made: false };
      }
      throw conflict();
    });
    if (made) this.#logger.info({ ...logEntry(origin), userId: user.id }, 'user of the identity provider seen for the first time');
    return user;
  }

  /** @returns null where a parallel request made this user, or somebody has this address: the insert waits for them, and fails nothing */
  async #insert(transaction: Transaction, { issuer, subject }: ExternalIdentity, email: string, origin: Origin): Promise<User | null> {
    const [user] = await transaction.user.createManyAndReturn({
      data: { email, issuer, subject, createdAt: this.#clock.now() },
      skipDuplicates: true,
    });
    if (!user) return null;
    await this.#audit.record(transaction, { userId: user.id, action: AuditAction.USER_SIGNED_UP, details: { issuer } }, origin);
    return user;
  }
}

const find = (database: Transaction, { issuer, subject }: ExternalIdentity): Promise<User | null> =>
  database.user.findUnique({ where: { issuer_subject: { issuer, subject } } });
