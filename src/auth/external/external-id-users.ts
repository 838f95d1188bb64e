import type { AuditAction } from '../../audit/audit-entry.js';
import type { AuditRecorder } from '../../audit/audit-recorder.js';
import { actorFields, type RequestActor } from '../../platform/actor.js';
import type { Clock } from '../../platform/clock.js';
import type { Database, Transaction } from '../../platform/database/client.js';
import { conflict } from '../../platform/errors/keyward-error.js';
import type { Logger } from '../../platform/logger.js';
import type { User } from '../accounts/users.js';

/** A user to find, or to create. */
export interface ExternalIdUser {
  externalId: string;
  /** Canonical. Null if no address is known. Any number of users can have the same one. */
  email: string | null;
  /** How the creation is recorded in the audit log. */
  action: AuditAction;
  details?: object;
  /** JSON that the product attaches to the user. */
  trustedMetadata?: object;
  /** The user's own policy, which the product sets. Undefined if it sets none. */
  policyId?: string | null;
}

/**
 * The users without a password, identified by their id in the product or at the identity provider. A user is never found by an
 * email address: the provider may reassign it, or another person may have signed up with it. The namespace of the ids is
 * determined at the start (see id-namespace.ts).
 */
export class ExternalIdUsers {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #audit: AuditRecorder;
  readonly #logger: Logger;
  /**
   * By external id. A page sends its first requests in parallel, and each transaction would hold a connection while it waits for the
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
  async findOrCreate(wanted: ExternalIdUser, actor: RequestActor): Promise<User> {
    return (await find(this.#database, wanted)) ?? (await this.#createOnce(wanted, actor));
  }

  #createOnce(wanted: ExternalIdUser, actor: RequestActor): Promise<User> {
    const { externalId } = wanted;
    const creating = this.#creating.get(externalId) ?? this.#createOrFind(wanted, actor).finally(() => this.#creating.delete(externalId));
    this.#creating.set(externalId, creating);
    return creating;
  }

  async #createOrFind(wanted: ExternalIdUser, actor: RequestActor): Promise<User> {
    const user = (await this.create(wanted, actor)) ?? (await find(this.#database, wanted));
    if (!user) throw conflict();
    return user;
  }

  /** Creates the user. @returns null if the user exists. A parallel request that creates it is waited for */
  async create(wanted: ExternalIdUser, actor: RequestActor): Promise<User | null> {
    const user = await this.#database.$transaction((transaction) => this.#insert(transaction, wanted, actor));
    if (user) this.#logger.info({ ...actorFields(actor), userId: user.id }, 'user with an external id created');
    return user;
  }

  /** Returns the new user; null if a parallel request created it. The insert then waits for that request and does not fail. */
  async #insert(
    transaction: Transaction,
    { externalId, email, action, details, trustedMetadata, policyId }: ExternalIdUser,
    actor: RequestActor,
  ): Promise<User | null> {
    const now = this.#clock.now();
    const policy = policyId === undefined ? {} : { policyId, policySetAt: now };
    const [user] = await transaction.user.createManyAndReturn({
      data: { email, externalId, createdAt: now, ...(trustedMetadata && { trustedMetadata }), ...policy },
      skipDuplicates: true,
    });
    if (!user) return null;
    await this.#audit.record(transaction, { userId: user.id, action, ...(details && { details }) }, actor);
    return user;
  }
}

const find = (database: Transaction, { externalId }: ExternalIdUser): Promise<User | null> =>
  database.user.findUnique({ where: { externalId } });
