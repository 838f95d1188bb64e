import type { ApiKeyQueries } from '../api-keys/api-key-queries.js';
import type { ApiKey } from '../api-keys/api-key-service.js';
import type { FoundKey, KeyFinder } from '../api-keys/key-finder.js';
import type { KeyRevocation } from '../api-keys/key-revocation.js';
import { AuditAction } from '../audit/audit-entry.js';
import type { AuditRecorder } from '../audit/audit-recorder.js';
import { readEmail, readNewEmail } from '../auth/accounts/email.js';
import type { IssuedResetToken, ResetTokens } from '../auth/accounts/reset-tokens.js';
import { accountKeptElsewhere, type User, type Users } from '../auth/accounts/users.js';
import { changeExternalIdIssuer } from '../auth/external/id-namespace.js';
import type { Sessions } from '../auth/sessions/sessions.js';
import type { DeletedUser, UserAdministration } from '../management/user-administration.js';
import type { UserExport } from '../management/user-export.js';
import { OPERATOR } from '../platform/actor.js';
import type { Clock } from '../platform/clock.js';
import type { Database, Transaction } from '../platform/database/client.js';
import { badUserInput, KeywardError } from '../platform/errors/keyward-error.js';
import type { Position } from '../platform/pagination.js';
import { effectiveExpiry } from '../policies/effective-limits.js';
import type { PolicyAdministration } from '../policies/policy-administration.js';
import { createPolicyLoader, type PolicyLoader } from '../policies/policy-loader.js';

const PAGE_ITEMS = 500;

/** Maximum number of users to list in the error if a text matches several. */
const CANDIDATES_MAX = 20;

/** A user in the operator's list. */
export interface UserOverview {
  user: User;
  /** Number of usable keys. */
  keys: number;
  /** Name of the user's own policy. Null if the user has none. */
  policy: string | null;
}

interface OperatorDependencies {
  database: Database;
  clock: Clock;
  users: Users;
  sessions: Sessions;
  resetTokens: ResetTokens;
  userAdministration: UserAdministration;
  userExport: UserExport;
  revocation: KeyRevocation;
  keyQueries: ApiKeyQueries;
  keyFinder: KeyFinder;
  audit: AuditRecorder;
  policies: PolicyAdministration;
}

/** The operator's actions on users and their keys. The audit log of the user records each change, with the operator as actor. */
export class OperatorService {
  readonly #deps: OperatorDependencies;
  readonly #policies: PolicyLoader;

  constructor(deps: OperatorDependencies) {
    this.#deps = deps;
    this.#policies = createPolicyLoader(deps.database, { cache: false });
  }

  /** Yields all users, in the order of their creation. */
  async *list(): AsyncGenerator<UserOverview> {
    await this.#recordRead('users list');
    for (let page: User[] = [], last: string | null = null; ; ) {
      page = await this.#deps.users.page(last, PAGE_ITEMS);
      const counts = await this.#deps.keyQueries.countUsable(page.map(({ id }) => id));
      const policies = await this.#policyNamesOf(page);
      for (const user of page) yield { user, keys: counts.get(user.id) ?? 0, policy: policies.get(user.policyId ?? '') ?? null };
      last = page.at(-1)?.id ?? null;
      if (page.length < PAGE_ITEMS) return;
    }
  }

  /**
   * Returns a user with details.
   *
   * @param text an id, an external id or an email address, as in the other methods
   * @throws {KeywardError} NOT_FOUND, CONFLICT if several users match, as the other methods do
   */
  async show(text: string): Promise<UserOverview & { sessions: number; lastSignInAt: Date | null }> {
    const user = await this.#find(text);
    const sessions = await this.#deps.sessions.listLive(user.id);
    const keys = (await this.#deps.keyQueries.countUsable([user.id])).get(user.id) ?? 0;
    const policy = (await this.#policyNamesOf([user])).get(user.policyId ?? '') ?? null;
    await this.#recordRead('users show', user.id);
    return { user, keys, policy, sessions: sessions.length, lastSignInAt: sessions[0]?.createdAt ?? null };
  }

  /** Creates a user without a password, and a token to set one. @throws {KeywardError} EMAIL_TAKEN */
  async create(typedEmail: string): Promise<{ user: User; resetToken: IssuedResetToken }> {
    const email = newEmailOf(typedEmail);
    return this.#deps.users.create(
      { email, passwordHash: null, selfRegistered: false, createdAt: this.#deps.clock.now() },
      async (transaction, user) => {
        await this.#record(transaction, user, AuditAction.USER_SIGNED_UP);
        return { user, resetToken: await this.#issueResetToken(transaction, user) };
      },
    );
  }

  /** Disables a user. The tokens and keys are rejected from the next request on. Disabling a disabled user changes nothing. */
  disable(text: string): Promise<User> {
    return this.#administer(text, (id) => this.#deps.userAdministration.disable(id, OPERATOR));
  }

  /** Enables a user. The keys are valid again; the earlier sessions stay ended. */
  enable(text: string): Promise<User> {
    return this.#administer(text, (id) => this.#deps.userAdministration.enable(id, OPERATOR));
  }

  /**
   * Deletes a user with sessions, keys and usage. The audit log is kept.
   *
   * @returns the user and the numbers of deleted keys and sessions
   */
  delete(text: string): Promise<DeletedUser> {
    return this.#administer(text, (id) => this.#deps.userAdministration.delete(id, OPERATOR));
  }

  /** Returns a user with sessions, keys, usage and audit log, without secrets and their hashes. */
  async export(text: string): Promise<object> {
    const user = await this.#find(text);
    const data = await this.#deps.userExport.run(user);
    await this.#record(this.#deps.database, user, AuditAction.USER_EXPORTED);
    return data;
  }

  /** Ends every session of a user. The tokens are rejected from the next request on. @returns the number of ended sessions */
  endSessions(text: string): Promise<{ user: User; sessions: number }> {
    return this.#administer(text, (id) => this.#deps.userAdministration.endSessions(id, OPERATOR));
  }

  /**
   * Creates a one-time token with which its bearer can set a new password.
   *
   * @throws {KeywardError} FORBIDDEN for a user of an identity provider
   */
  async issueResetToken(text: string): Promise<IssuedResetToken> {
    const user = await this.#find(text);
    if (user.externalId !== null) throw accountKeptElsewhere();
    return this.#deps.users.withLocked(user.id, (transaction) => this.#issueResetToken(transaction, user), { alsoDisabled: true });
  }

  /** Returns all keys of a user, newest first. */
  async keys(text: string): Promise<ApiKey[]> {
    const { id } = await this.#find(text);
    await this.#recordRead('keys list', id);
    return this.#deps.keyQueries.listAll(id);
  }

  /** Revokes a key. @param text an id, a key prefix or a plaintext key @throws {KeywardError} NOT_FOUND */
  async revoke(text: string): Promise<ApiKey> {
    return this.#deps.revocation.revokeAny((await this.#findKey(text)).apiKey);
  }

  /**
   * Returns a key and its owner.
   *
   * @param text an id, a key prefix or a plaintext key, which is never repeated
   * @throws {KeywardError} NOT_FOUND
   */
  async findOwner(text: string): Promise<FoundKey & { owner: User }> {
    const found = await this.#findKey(text);
    const [owner] = await this.#deps.users.findByIds([found.apiKey.userId]);
    if (!owner) throw noSuchKey();
    await this.#recordRead('keys find-owner', owner.id, found.apiKey.id);
    return { ...found, owner };
  }

  /** Yields the usable keys that expire within `days`, the earliest first. A page lacks the keys that were deleted meanwhile. */
  async *expiring(days: number) {
    await this.#recordRead('keys expiring');
    for (let last: Position | null = null; ; ) {
      const page: { node: ApiKey; position: Position }[] = await this.#deps.keyQueries.listExpiring(days, last, PAGE_ITEMS);
      if (page.length === 0) return;
      const owners = await this.#deps.users.findByIds(page.map(({ node }) => node.userId));
      const ownedKeyOf = async (apiKey: ApiKey, owner: User | null) => ({ apiKey, state: await this.stateOf(apiKey), owner });
      yield* await Promise.all(page.map(({ node }, index) => ownedKeyOf(node, owners[index] ?? null)));
      last = page.at(-1)?.position ?? null;
    }
  }

  /**
   * Records that the external ids belong to another issuer.
   *
   * @returns the number of users with an external id
   * @throws {KeywardError} CONFLICT if `from` is not the recorded issuer
   */
  changeIssuer(from: string, to: string): Promise<number> {
    return changeExternalIdIssuer(this.#deps.database, from, to);
  }

  /** Returns the current status of the key, and the time at which it expires by itself or by the policy of its owner. */
  async stateOf(key: ApiKey): Promise<{ status: string; effectiveExpiresAt: Date | null }> {
    const policy = await this.#policies.load(key.userId);
    return { status: this.#deps.keyQueries.statusOf(key, policy), effectiveExpiresAt: effectiveExpiry(key, policy) };
  }

  /** Finds a user and changes it. */
  async #administer<T>(text: string, change: (id: string) => Promise<T>): Promise<T> {
    return change((await this.#find(text)).id);
  }

  async #issueResetToken(transaction: Transaction, user: User): Promise<IssuedResetToken> {
    await this.#record(transaction, user, AuditAction.PASSWORD_RESET_ISSUED);
    return this.#deps.resetTokens.issue(transaction, user.id);
  }

  /** Records a read before its result is printed. */
  #recordRead(command: string, userId: string | null = null, apiKeyId?: string): Promise<void> {
    const entry = { userId, ...(apiKeyId && { apiKeyId }), action: AuditAction.OPERATOR_READ, details: { command } };
    return this.#deps.audit.record(this.#deps.database, entry, OPERATOR);
  }

  #record(transaction: Transaction, user: User, action: AuditAction): Promise<void> {
    return this.#deps.audit.record(transaction, { userId: user.id, action }, OPERATOR);
  }

  /** Returns the names of the policies that users have of their own, by id. */
  async #policyNamesOf(users: readonly User[]): Promise<Map<string, string>> {
    const isUsed = users.some(({ policyId }) => policyId !== null);
    return new Map((isUsed ? await this.#deps.policies.list() : []).map(({ id, name }) => [id, name]));
  }

  async #find(text: string): Promise<User> {
    const { email, fault } = readEmail(text);
    const users = await this.#deps.users.findMatching(text, fault === null ? email : null, CANDIDATES_MAX + 1);
    const [user] = users;
    if (!user) throw new KeywardError('NOT_FOUND', 'There is no user with this id, external id or email address.');
    if (users.length === 1) return user;
    const ids = users.slice(0, CANDIDATES_MAX).map(({ id }) => id);
    const more = users.length > CANDIDATES_MAX ? ' and more' : '';
    throw new KeywardError('CONFLICT', `Several users match. Name one of them by id: ${ids.join(', ')}${more}.`);
  }

  async #findKey(text: string): Promise<FoundKey> {
    const found = await this.#deps.keyFinder.find(text);
    if (!found) throw noSuchKey();
    return found;
  }
}

const noSuchKey = () => new KeywardError('NOT_FOUND', 'There is no API key with this ID, key prefix or plaintext.');

function newEmailOf(typed: string): string {
  const { email, fault } = readNewEmail(typed);
  if (fault !== null) throw badUserInput([{ path: 'email', message: fault }]);
  return email;
}
