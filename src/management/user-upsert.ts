import { reportMetadataFaults } from '../api-keys/api-key-metadata.js';
import { AuditAction } from '../audit/audit-entry.js';
import type { AuditRecorder } from '../audit/audit-recorder.js';
import { readNewEmail } from '../auth/accounts/email.js';
import type { ProductFields, User, Users } from '../auth/accounts/users.js';
import type { ProductUsers } from '../auth/external/product-users.js';
import { externalIdFault } from '../auth/external-id.js';
import { actorFields, type ServiceActor } from '../platform/actor.js';
import { conflict, refuseFaults } from '../platform/errors/keyward-error.js';
import type { Logger } from '../platform/logger.js';

/** A user of the product, and what to set. An absent field is unchanged. */
export interface UserSettings {
  externalId: string;
  /** Null clears it. */
  email?: string | null;
  trustedMetadata?: Readonly<Record<string, unknown>> | null;
}

interface Dependencies {
  users: Users;
  productUsers: ProductUsers;
  audit: AuditRecorder;
  logger: Logger;
}

/** Returns the settings as fields of the user. @throws {KeywardError} BAD_USER_INPUT with every broken rule */
function fieldsOf({ externalId, email, trustedMetadata }: UserSettings): ProductFields {
  const address = typeof email === 'string' ? readNewEmail(email) : null;
  refuseFaults('input.', (report) => {
    report('externalId', externalIdFault(externalId));
    report('email', address?.fault ?? null);
    if (trustedMetadata === null) report('trustedMetadata', 'must not be null');
    if (trustedMetadata) reportMetadataFaults('trustedMetadata', trustedMetadata, report);
  });
  return { ...(email !== undefined && { email: address?.email ?? null }), ...(trustedMetadata && { trustedMetadata }) };
}

/** Creates and changes users of the product, for its services. */
export class UserUpsert {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Creates the user with the external id, or changes it. A disabled user can be changed too.
   *
   * @throws {KeywardError} BAD_USER_INPUT, CONFLICT if the user is deleted at the same time
   */
  async run(settings: UserSettings, actor: ServiceActor): Promise<{ user: User; created: boolean }> {
    const fields = fieldsOf(settings);
    const { users, productUsers } = this.#deps;
    const known = await users.findByExternalId(settings.externalId);
    const created = known ? null : await productUsers.create(settings.externalId, fields, actor);
    if (created) return { user: created, created: true };
    const user = known ?? (await users.findByExternalId(settings.externalId));
    if (!user) throw conflict();
    return { user: Object.keys(fields).length === 0 ? user : await this.#change(user.id, fields, actor), created: false };
  }

  async #change(userId: string, fields: ProductFields, actor: ServiceActor): Promise<User> {
    const { users, audit, logger } = this.#deps;
    const change = async (transaction: Parameters<Users['change']>[0]) => {
      const result = await users.change(transaction, userId, fields);
      // The values may be personal data, and events are kept after the user is deleted.
      const details = { changed: result.changed };
      if (details.changed.length > 0) await audit.record(transaction, { userId, action: AuditAction.USER_UPDATED, details }, actor);
      return result;
    };
    const { user, changed } = await users.withLocked(userId, change, { alsoDisabled: true, goneError: conflict });
    if (changed.length > 0) logger.info({ ...actorFields(actor), userId, changed }, 'user updated');
    return user;
  }
}
