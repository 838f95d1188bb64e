import { AuditAction } from '../../audit/audit-entry.js';
import type { AuditRecorder } from '../../audit/audit-recorder.js';
import { actorFields, type UserActor } from '../../platform/actor.js';
import type { Clock } from '../../platform/clock.js';
import type { Database, Transaction } from '../../platform/database/client.js';
import { conflict } from '../../platform/errors/keyward-error.js';
import type { Logger } from '../../platform/logger.js';
import { readNewEmail } from '../accounts/email.js';
import type { User } from '../accounts/users.js';
import type { ExternalIdentity } from './external-tokens.js';

/**
 * Returns the canonical form of the address that the provider verified, or null. Any number of users can have the same address.
 */
function emailOf({ verifiedEmail }: ExternalIdentity): string | null {
  const { email, fault } = readNewEmail(verifiedEmail ?? '');
  return fault === null ? email : null;
}

/**
 * The users of an identity provider, identified only by the subject of its tokens and created at their first request. A user is
 * never found by an email address: the provider may reassign it, or another person may have signed up with it. The issuer of the
 * subjects is determined at the start (see id-namespace.ts).
 */
export class ExternalUsers {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #audit: AuditRecorder;
  readonly #logger: Logger;
  /**
   * By subject. A page sends its first requests in parallel, and each transaction would hold a connection while it waits for the
   * first.
   */
  readonly #creating = new Map<string, Promise<User>>();

  constructor(options: { database: Database; clock: Clock; audit: AuditRecorder; logger: Logger }) {
    this.#database = options.database;
    this.#clock = options.clock;
    this.#audit = options.audit;
    this.#logger = options.logger;
  }

  /** Returns the user, disabled or not. One query if the user exists. */
  async findOrCreate(identity: ExternalIdentity, actor: UserActor): Promise<User> {
    return (await find(this.#database, identity)) ?? (await this.#createOnce(identity, actor));
  }

  #createOnce(identity: ExternalIdentity, actor: UserActor): Promise<User> {
    const { subject } = identity;
    const creating = this.#creating.get(subject) ?? this.#create(identity, actor).finally(() => this.#creating.delete(subject));
    this.#creating.set(subject, creating);
    return creating;
  }

  async #create(identity: ExternalIdentity, actor: UserActor): Promise<User> {
    const { user, isNew } = await this.#database.$transaction(async (transaction) => {
      const created = await this.#insert(transaction, identity, actor);
      if (created) return { user: created, isNew: true };
      const known = await find(transaction, identity);
      if (!known) throw conflict();
      return { user: known, isNew: false };
    });
    if (isNew) this.#logger.info({ ...actorFields(actor), userId: user.id }, 'user of the identity provider created');
    return user;
  }

  /** Returns the new user; null if a parallel request created it. The insert then waits for that request and does not fail. */
  async #insert(transaction: Transaction, identity: ExternalIdentity, actor: UserActor): Promise<User | null> {
    const { issuer, subject } = identity;
    const [user] = await transaction.user.createManyAndReturn({
      data: { email: emailOf(identity), externalId: subject, createdAt: this.#clock.now() },
      skipDuplicates: true,
    });
    if (!user) return null;
    await this.#audit.record(transaction, { userId: user.id, action: AuditAction.USER_SIGNED_UP, details: { issuer } }, actor);
    return user;
  }
}

const find = (database: Transaction, { subject }: ExternalIdentity): Promise<User | null> =>
  database.user.findUnique({ where: { externalId: subject } });
