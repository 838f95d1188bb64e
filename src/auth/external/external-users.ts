import { AuditAction } from '../../audit/audit-entry.js';
import type { UserActor } from '../../platform/actor.js';
import { readNewEmail } from '../accounts/email.js';
import type { User } from '../accounts/users.js';
import type { ExternalIdUsers } from './external-id-users.js';
import type { ExternalIdentity } from './external-tokens.js';

/** Returns the canonical form of the address that the provider verified, or null. */
function emailOf({ verifiedEmail }: ExternalIdentity): string | null {
  const { email, fault } = readNewEmail(verifiedEmail ?? '');
  return fault === null ? email : null;
}

/** The users of an identity provider, identified only by the subject of its tokens and created at their first request. */
export class ExternalUsers {
  readonly #users: ExternalIdUsers;

  constructor(users: ExternalIdUsers) {
    this.#users = users;
  }

  /** Returns the user, disabled or not. One query if the user exists. */
  findOrCreate(identity: ExternalIdentity, actor: UserActor): Promise<User> {
    const { issuer, subject } = identity;
    const wanted = { externalId: subject, email: emailOf(identity), action: AuditAction.USER_SIGNED_UP, details: { issuer } };
    return this.#users.findOrCreate(wanted, actor);
  }
}
