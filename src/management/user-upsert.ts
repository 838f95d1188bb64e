import { reportMetadataFaults } from '../api-keys/api-key-metadata.js';
import { AuditAction } from '../audit/audit-entry.js';
import type { AuditRecorder } from '../audit/audit-recorder.js';
import { readNewEmail } from '../auth/accounts/email.js';
import type { ProductFields, User, Users } from '../auth/accounts/users.js';
import type { ProductUsers } from '../auth/external/product-users.js';
import { externalIdFault } from '../auth/external-id.js';
import { type Actor, actorFields, type ServiceActor } from '../platform/actor.js';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database/client.js';
import { isForeignKeyViolation } from '../platform/database/database-errors.js';
import { badUserInput, conflict, KeywardError, refuseFaults } from '../platform/errors/keyward-error.js';
import type { Logger } from '../platform/logger.js';
import type { Policy } from '../policies/policy-administration.js';
import { findPolicyId } from '../policies/policy-names.js';

/** A user of the product, and what to set. An absent field is unchanged. */
export interface UserSettings {
  externalId: string;
  /** Null clears it. */
  email?: string | null;
  trustedMetadata?: Readonly<Record<string, unknown>> | null;
  /** Name of the policy. Null: none of their own. */
  policy?: string | null;
}

interface Dependencies {
  clock: Clock;
  database: Database;
  users: Users;
  productUsers: ProductUsers;
  audit: AuditRecorder;
  logger: Logger;
}

/** The id of a policy: null for none, undefined if it is not set or does not exist. */
type PolicyId = string | null | undefined;

/** Returns the settings as fields of the user. @throws {KeywardError} BAD_USER_INPUT with every broken rule */
function fieldsOf({ externalId, email, trustedMetadata, policy }: UserSettings, policyId: PolicyId): ProductFields {
  const address = typeof email === 'string' ? readNewEmail(email) : null;
  refuseFaults('input.', (report) => {
    report('externalId', externalIdFault(externalId));
    report('email', address?.fault ?? null);
    if (trustedMetadata === null) report('trustedMetadata', 'must not be null');
    if (trustedMetadata) reportMetadataFaults('trustedMetadata', trustedMetadata, report);
    if (policy !== undefined && policyId === undefined) report('policy', NO_SUCH_POLICY);
  });
  return {
    ...(email !== undefined && { email: address?.email ?? null }),
    ...(trustedMetadata && { trustedMetadata }),
    ...(policyId !== undefined && { policyId }),
  };
}

/** Fields to change, and the name of the policy among them. */
interface FieldChange {
  fields: ProductFields;
  policy: string | null | undefined;
}

const NO_SUCH_POLICY = 'must be the name of a policy';

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
    const { policy } = settings;
    const policyId = typeof policy === 'string' ? ((await findPolicyId(this.#deps.database, policy)) ?? undefined) : policy;
    const fields = fieldsOf(settings, policyId);
    try {
      return await this.#upsert(settings.externalId, { fields, policy }, actor);
    } catch (error) {
      // The policy was deleted meanwhile.
      if (isForeignKeyViolation(error)) throw badUserInput([{ path: 'input.policy', message: NO_SUCH_POLICY }]);
      throw error;
    }
  }

  /** Sets the policy of a user of any kind, for the operator. @param policy null: none of their own @throws {KeywardError} NOT_FOUND */
  async setPolicy(userId: string, policy: Policy | null, actor: Actor): Promise<User> {
    try {
      return await this.#change(userId, { fields: { policyId: policy?.id ?? null }, policy: policy?.name ?? null }, actor);
    } catch (error) {
      if (isForeignKeyViolation(error)) throw new KeywardError('NOT_FOUND', 'There is no policy with this name.');
      throw error;
    }
  }

  async #upsert(externalId: string, change: FieldChange, actor: ServiceActor): Promise<{ user: User; created: boolean }> {
    const { users, productUsers } = this.#deps;
    const { fields, policy } = change;
    const known = await users.findByExternalId(externalId);
    const created = known ? null : await productUsers.create(externalId, fields, actor, typeof policy === 'string' ? { policy } : {});
    if (created) return { user: created, created: true };
    const user = known ?? (await users.findByExternalId(externalId));
    if (!user) throw conflict();
    return { user: Object.keys(fields).length === 0 ? user : await this.#change(user.id, change, actor), created: false };
  }

  async #change(userId: string, { fields, policy }: FieldChange, actor: Actor): Promise<User> {
    const { clock, users, audit, logger } = this.#deps;
    const change = async (transaction: Parameters<Users['change']>[0]) => {
      const result = await users.change(transaction, userId, fields, clock.now());
      // Other values may be personal data, and events are kept after the user is deleted.
      const details = { changed: result.changed, ...(result.changed.includes('policy') && { policy }) };
      if (details.changed.length > 0) await audit.record(transaction, { userId, action: AuditAction.USER_UPDATED, details }, actor);
      return result;
    };
    const { user, changed } = await users.withLocked(userId, change, { alsoDisabled: true, goneError: conflict });
    if (changed.length > 0) logger.info({ ...actorFields(actor), userId, changed }, 'user updated');
    return user;
  }
}
