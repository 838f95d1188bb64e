import { validate as isUuid } from 'uuid';
import { AuditAction } from '../audit/audit-entry.js';
import type { AuditRecorder } from '../audit/audit-recorder.js';
import type { Users } from '../auth/accounts/users.js';
import { NO_USER_ID } from '../auth/caller.js';
import { type Actor, actorFields, personOf, type RequestActor } from '../platform/actor.js';
import type { Clock } from '../platform/clock.js';
import type { Database, Transaction } from '../platform/database/client.js';
import type { ApiKey } from '../platform/database/generated/client.js';
import { KeywardError, type Report, refuseFaults } from '../platform/errors/keyward-error.js';
import type { Logger } from '../platform/logger.js';
import { lifetimeStartOf } from '../policies/effective-limits.js';
import { reportGrantFaults } from '../policies/grant-rules.js';
import { findPolicyOf } from '../policies/policy-finder.js';
import type { PolicyRules } from '../policies/policy-rules.js';
import { changesOf, expirySetBy } from './api-key-changes.js';
import { columnsOf, type KeySettings, rejectForbiddenSettings } from './api-key-settings.js';
import { type Lifetime, rotatableAt, usableAt } from './api-key-status.js';
import type { IdempotencyKeys } from './idempotency-keys.js';
import type { Issue, KeyIdentity, KeyIssuer } from './key-issuer.js';
import { refuseAtLimit } from './key-limit.js';
import { type Rotation, refuseBadRotation, refuseExpiryBeyondPolicy } from './rotation.js';

export type { ApiKey };

export interface CreatedKey {
  apiKey: ApiKey;
  /** Returned once. It cannot be recovered later, because only its hashes are stored. */
  plaintextKey: string;
}

/** Finds the owner of a new key. */
export interface KeyOwner {
  /** Returns the id of the owner. Null if the owner does not exist. */
  find(): Promise<string | null>;
  /** Returns the id of the owner, and creates the owner if it does not exist. */
  ensure(): Promise<string>;
}

export interface RotatedKey extends CreatedKey {
  /** The key that `apiKey` replaced. It stays valid until its `expiresAt`. */
  replaced: ApiKey;
}

interface Dependencies {
  database: Database;
  clock: Clock;
  users: Users;
  issuer: KeyIssuer;
  idempotencyKeys: IdempotencyKeys;
  audit: AuditRecorder;
  logger: Logger;
  keysPerUserMax: number;
  /** The scopes that can be granted. Empty if every scope can be granted. */
  scopeCatalogue: readonly string[];
}

/** Creates, updates and rotates API keys. */
export class ApiKeyService {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Returns one of the user's keys. @throws {KeywardError} NOT_FOUND, FORBIDDEN for a key of another user */
  async get(userId: string, id: string, actor: RequestActor): Promise<ApiKey> {
    const key = isUuid(id) ? await this.#deps.database.apiKey.findUnique({ where: { id } }) : null;
    if (!key) throw new KeywardError('NOT_FOUND', 'There is no API key with this ID.');
    if (key.userId !== userId) {
      await this.#deps.audit.recordRefusal(userId === NO_USER_ID ? null : userId, { apiKeyId: key.id }, actor);
      throw new KeywardError('FORBIDDEN', 'This API key belongs to another user.');
    }
    return key;
  }

  /**
   * Creates a key. The limit is checked before the hash is computed, and again under the lock.
   *
   * @param owner finds the owner; `ensure` may create the owner, so it is called after the settings were accepted
   * @param idempotencyKey a repetition creates no second key. Null or undefined if the client sent no idempotency key
   * @throws {KeywardError} BAD_USER_INPUT, API_KEY_LIMIT_REACHED, CONFLICT for a repeated idempotency key, FORBIDDEN
   */
  async create(owner: KeyOwner, settings: KeySettings, actor: RequestActor, idempotencyKey?: string | null): Promise<CreatedKey> {
    rejectForbiddenSettings(settings, actor);
    const repetition = this.#deps.idempotencyKeys.guard({ operation: 'createApiKey', key: idempotencyKey, input: settings });
    const knownId = await owner.find();
    if (knownId !== null) await repetition.reject(knownId);
    const policy = await findPolicyOf(this.#deps.database, knownId);
    const granted = { scopes: settings.scopes, expiresAt: settings.expiresAt ?? null };
    const checkGrant = (applied: PolicyRules | null) => (report: Report) =>
      reportGrantFaults(granted, this.#deps.clock.now(), applied, report);
    const columns = {
      ...columnsOf(settings, this.#deps.clock.now(), this.#deps.scopeCatalogue, checkGrant(policy)),
      createdBy: personOf(actor),
    };
    const userId = knownId ?? (await owner.ensure());
    const issue: Issue<ApiKey> = {
      check: () => this.#refuseAtLimit(this.#deps.database, userId, policy),
      store: async (transaction, identity) => {
        const applied = await findPolicyOf(transaction, userId);
        refuseFaults('input.', checkGrant(applied));
        await this.#refuseAtLimit(transaction, userId, applied);
        const data = { ...columns, ...identity, userId, createdAt: this.#deps.clock.now() };
        const created = await transaction.apiKey.create({ data });
        await this.#record(transaction, created, AuditAction.API_KEY_CREATED, {}, actor);
        return created;
      },
    };
    const guarded = repetition.protect(userId, issue, ({ id }) => id);
    const { plaintextKey, stored: apiKey } = await this.#deps.issuer.issue(userId, actor, guarded);
    this.#log(actor, apiKey, 'API key created');
    return { apiKey, plaintextKey };
  }

  /**
   * Updates the settings of a key, with effect from its next verification. Absent settings are unchanged.
   *
   * @throws {KeywardError} BAD_USER_INPUT, NOT_FOUND, FORBIDDEN for a key of another user, CONFLICT for a key that is revoked,
   *   expired or replaced
   */
  async update(userId: string, id: string, settings: KeySettings, actor: RequestActor): Promise<ApiKey> {
    rejectForbiddenSettings(settings, actor);
    const columns = columnsOf(settings, this.#deps.clock.now(), this.#deps.scopeCatalogue);
    const startsAt = lifetimeStartOf(await this.get(userId, id, actor));
    const { key, changed } = await this.#deps.users.withLocked(userId, async (transaction) => {
      const policy = await findPolicyOf(transaction, userId);
      refuseFaults('input.', (report) => reportGrantFaults(settings, startsAt, policy, report));
      const before = await transaction.apiKey.findUniqueOrThrow({ where: { id } });
      // The statement itself has the guard, so that no update can revive an ended key or extend its life.
      const [after] = await transaction.apiKey.updateManyAndReturn({
        where: { id, replacedById: null, AND: usableAt(this.#deps.clock.now(), policy) },
        data: { ...columns, ...expirySetBy(columns, before, this.#deps.clock.now()) },
      });
      if (!after) {
        throw new KeywardError('CONFLICT', 'This API key is revoked, expired or replaced, so it cannot be updated.');
      }
      if (columns.rateLimit !== undefined) await this.#limitPredecessor(transaction, after, policy);
      const changes = changesOf(columns, before, after);
      if (changes.changed.length > 0) await this.#record(transaction, after, AuditAction.API_KEY_UPDATED, changes, actor);
      return { key: after, changed: changes.changed };
    });
    this.#log(actor, key, 'API key updated', { changed });
    return key;
  }

  /**
   * Replaces a key by a new one with the same settings. The old key stays valid until its own expiry or the end of the grace
   * period, whichever is earlier.
   *
   * During a rotation, the new key can be rotated only with a grace period of 0. A caller that lost the response cannot use the
   * key in it. That key expires immediately, and the key in its grace period is then replaced by the newest key.
   *
   * @param idempotencyKey a repetition creates no second key. Null or undefined if the client sent no idempotency key
   * @throws {KeywardError} BAD_USER_INPUT, NOT_FOUND, FORBIDDEN for a key of another user, CONFLICT for a repeated idempotency key,
   *   and for a key that is revoked or expired or part of a rotation in progress
   */
  async rotate(userId: string, id: string, rotation: Rotation, actor: RequestActor, idempotencyKey?: string | null): Promise<RotatedKey> {
    const input = { id, ...rotation };
    const repetition = this.#deps.idempotencyKeys.guard({ operation: 'rotateApiKey', key: idempotencyKey, input });
    await repetition.reject(userId);
    refuseBadRotation(rotation, this.#deps.clock.now());
    await this.get(userId, id, actor);
    const issue: Issue<Omit<RotatedKey, 'plaintextKey'>> = {
      check: async () => void (await this.#findRotatable(this.#deps.database, id, rotation, { userId, now: this.#deps.clock.now() })),
      store: (transaction, identity) => this.#replace(transaction, id, { userId, rotation, identity, actor }),
    };
    const guarded = repetition.protect(userId, issue, ({ apiKey }) => apiKey.id);
    const { plaintextKey, stored } = await this.#deps.issuer.issue(userId, actor, guarded);
    this.#log(actor, stored.replaced, 'API key rotated', { replacedBy: stored.apiKey.keyPrefix });
    return { ...stored, plaintextKey };
  }

  async #replace(
    transaction: Transaction,
    id: string,
    { userId, rotation, identity, actor }: { userId: string; rotation: Rotation; identity: KeyIdentity; actor: RequestActor },
  ): Promise<Omit<RotatedKey, 'plaintextKey'>> {
    const now = this.#deps.clock.now();
    const { old, policy } = await this.#findRotatable(transaction, id, rotation, { userId, now });
    // The new key has the form of a key of Keyward, also if another system issued the old one.
    const { id: _id, replacedById: _r, importedAt: _i, displayPrefix: _p, importDigest: _d, importFormId: _f, ...settings } = old;
    const json = { metadata: old.metadata ?? {}, trustedMetadata: old.trustedMetadata ?? {} };
    const { gracePeriodSeconds, expiresAt = old.expiresAt } = rotation;
    const lineageId = old.lineageId ?? old.id;
    const apiKey = await transaction.apiKey.create({
      data: {
        ...settings,
        ...identity,
        ...json,
        lineageId,
        rotatedFromId: id,
        createdAt: now,
        expiresAt,
        expirySetAt: null,
        createdBy: personOf(actor),
      },
    });
    // A predecessor in its grace period is linked to the newest key, because the key between them expires now.
    await transaction.apiKey.updateMany({ where: { replacedById: id, AND: usableAt(now, policy) }, data: { replacedById: apiKey.id } });
    const endOfGrace = new Date(now.getTime() + gracePeriodSeconds * 1_000);
    const end = old.expiresAt !== null && old.expiresAt < endOfGrace ? old.expiresAt : endOfGrace;
    const replaced = await transaction.apiKey.update({
      where: { id, revokedAt: null },
      data: { replacedById: apiKey.id, expiresAt: end, expirySetAt: now },
    });
    const details = { replacedBy: { id: apiKey.id, keyPrefix: apiKey.keyPrefix }, expiresAt: end };
    await this.#record(transaction, replaced, AuditAction.API_KEY_ROTATED, details, actor);
    return { apiKey, replaced };
  }

  async #findRotatable(
    database: Transaction,
    id: string,
    rotation: Rotation,
    { userId, now }: { userId: string; now: Date },
  ): Promise<{ old: ApiKey; policy: PolicyRules | null }> {
    const policy = await findPolicyOf(database, userId);
    const old = await database.apiKey.findFirst({ where: { id, AND: rotatableAt(now, rotation.gracePeriodSeconds, policy) } });
    if (!old) throw new KeywardError('CONFLICT', 'This API key is revoked or expired, or its rotation is still in progress.');
    refuseExpiryBeyondPolicy(rotation, old, policy, now);
    return { old, policy };
  }

  /** Sets the rate limit of the predecessor in a rotation, because both keys share one rate limit. */
  async #limitPredecessor(transaction: Transaction, successor: ApiKey, lifetime: Lifetime): Promise<void> {
    const { id, rateLimit, rateLimitWindowSeconds } = successor;
    const where = { replacedById: id, AND: usableAt(this.#deps.clock.now(), lifetime) };
    await transaction.apiKey.updateMany({ where, data: { rateLimit, rateLimitWindowSeconds } });
  }

  #refuseAtLimit(database: Transaction, userId: string, policy: PolicyRules | null): Promise<void> {
    return refuseAtLimit(database, userId, { policy, keysPerUserMax: this.#deps.keysPerUserMax, now: this.#deps.clock.now() });
  }

  #record(transaction: Transaction, key: ApiKey, action: AuditAction, details: object, actor: Actor): Promise<void> {
    const { userId, id, keyPrefix } = key;
    return this.#deps.audit.record(transaction, { userId, action, apiKeyId: id, details: { keyPrefix, ...details } }, actor);
  }

  #log(actor: Actor, { userId, keyPrefix }: ApiKey, message: string, more: object = {}): void {
    this.#deps.logger.info({ ...actorFields(actor), userId, keyPrefix, ...more }, message);
  }
}
