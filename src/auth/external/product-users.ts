import { AuditAction } from '../../audit/audit-entry.js';
import type { ServiceActor } from '../../platform/actor.js';
import type { ProductFields, User } from '../accounts/users.js';
import type { ExternalIdUsers } from './external-id-users.js';

/** The users that services of the product create, by the product's ids. */
export class ProductUsers {
  readonly #users: ExternalIdUsers;

  constructor(users: ExternalIdUsers) {
    this.#users = users;
  }

  /** Returns the user with the external id, disabled or not. Creates the user if it does not exist. */
  findOrCreate(externalId: string, actor: ServiceActor): Promise<User> {
    return this.#users.findOrCreate({ externalId, email: null, action: AuditAction.USER_CREATED }, actor);
  }

  /**
   * Creates the user with the external id.
   *
   * @param fields the email is canonical
   * @param details of the audit event
   * @returns null if the user exists
   */
  create(externalId: string, { email = null, ...fields }: ProductFields, actor: ServiceActor, details: object): Promise<User | null> {
    return this.#users.create({ externalId, email, action: AuditAction.USER_CREATED, details, ...fields }, actor);
  }
}
