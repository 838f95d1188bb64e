import { AuditAction } from '../../audit/audit-entry.js';
import type { AuditRecorder } from '../../audit/audit-recorder.js';
import { actorFields, OPERATOR } from '../../platform/actor.js';
import type { Clock } from '../../platform/clock.js';
import type { Database, Transaction } from '../../platform/database/client.js';
import { isUniqueViolation } from '../../platform/database/database-errors.js';
import type { ServiceToken } from '../../platform/database/generated/client.js';
import { conflict, KeywardError } from '../../platform/errors/keyward-error.js';
import type { Logger } from '../../platform/logger.js';
import { fingerprintOf, makePlaintextKey } from '../../platform/plaintext-key.js';
import { endOf, SERVICE_TOKEN_NAMESPACE } from './service-token-rules.js';
import { columnsOf, refuseBadOverlap, type ServiceTokenSettings } from './service-token-settings.js';

export type { ServiceToken };

/** A service token with its plaintext, which is shown once and not stored. */
export interface IssuedServiceToken {
  serviceToken: ServiceToken;
  plaintextToken: string;
}

/** A service token that was found by one of its secrets. */
export interface PresentedServiceToken {
  serviceToken: ServiceToken;
  /** Time from which the presented secret is rejected. */
  endsAtMs: number;
}

/** Creates, rotates and revokes service tokens, for the operator. Every change takes effect at the next request on every replica. */
export class ServiceTokens {
  readonly #deps: { database: Database; clock: Clock; audit: AuditRecorder; logger: Logger };

  constructor(deps: { database: Database; clock: Clock; audit: AuditRecorder; logger: Logger }) {
    this.#deps = deps;
  }

  /** Returns all service tokens, revoked ones included, in the order of their names, each with its last use. */
  async list(): Promise<{ serviceToken: ServiceToken; lastUsedAt: Date | null }[]> {
    const { database } = this.#deps;
    const uses = new Map((await database.serviceTokenUse.findMany()).map(({ serviceTokenId, lastUsedAt }) => [serviceTokenId, lastUsedAt]));
    const serviceTokens = await database.serviceToken.findMany({ orderBy: [{ name: 'asc' }, { createdAt: 'asc' }] });
    return serviceTokens.map((serviceToken) => ({ serviceToken, lastUsedAt: uses.get(serviceToken.id) ?? null }));
  }

  /** Returns the permissions of each token that is neither revoked nor expired. */
  async permissionsInUse(): Promise<string[][]> {
    const now = this.#deps.clock.now();
    const live = { revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] };
    return (await this.#deps.database.serviceToken.findMany({ where: live, select: { permissions: true } })).map(
      ({ permissions }) => permissions,
    );
  }

  /** Finds a token by its secret, or by its secret before the last rotation, in one query. @returns null if no token has the secret */
  async find(plaintextToken: string): Promise<PresentedServiceToken | null> {
    const fingerprint = fingerprintBytes(plaintextToken);
    const where = { OR: [{ fingerprint }, { previousFingerprint: fingerprint }] };
    const serviceToken = await this.#deps.database.serviceToken.findFirst({ where });
    if (!serviceToken) return null;
    const isCurrent = fingerprint.equals(serviceToken.fingerprint);
    return { serviceToken, endsAtMs: endOf(serviceToken.expiresAt, isCurrent ? null : (serviceToken.previousExpiresAt ?? new Date(0))) };
  }

  /** Creates a token. @throws {KeywardError} BAD_USER_INPUT, CONFLICT if a token that is not revoked has the name */
  async create(settings: ServiceTokenSettings): Promise<IssuedServiceToken> {
    const now = this.#deps.clock.now();
    const columns = columnsOf(settings, now);
    const { plaintextKey: plaintextToken } = makePlaintextKey(SERVICE_TOKEN_NAMESPACE);
    try {
      const serviceToken = await this.#change(AuditAction.SERVICE_TOKEN_CREATED, (transaction) =>
        transaction.serviceToken.create({ data: { ...columns, fingerprint: fingerprintBytes(plaintextToken), createdAt: now } }),
      );
      return { serviceToken, plaintextToken };
    } catch (error) {
      if (isUniqueViolation(error, 'service_tokens_name_key'))
        throw new KeywardError('CONFLICT', 'A service token with this name already exists.');
      throw error;
    }
  }

  /**
   * Replaces the secret of a token. The secret before it stays valid until the end of the overlap; an earlier one ends now.
   *
   * @throws {KeywardError} BAD_USER_INPUT, NOT_FOUND, CONFLICT if the token has expired
   */
  async rotate(name: string, overlapSeconds: number): Promise<IssuedServiceToken> {
    refuseBadOverlap(overlapSeconds);
    const now = this.#deps.clock.now();
    const { plaintextKey: plaintextToken } = makePlaintextKey(SERVICE_TOKEN_NAMESPACE);
    const serviceToken = await this.#change(AuditAction.SERVICE_TOKEN_ROTATED, async (transaction) => {
      const { id, fingerprint, expiresAt } = await findByName(transaction, name);
      if (expiresAt !== null && expiresAt <= now) {
        throw new KeywardError('CONFLICT', 'This service token has expired. Revoke it and create another one.');
      }
      const hasOverlap = overlapSeconds > 0;
      // The fingerprint is compared again, so that of two rotations at the same time one fails.
      const [rotated] = await transaction.serviceToken.updateManyAndReturn({
        where: { id, fingerprint, revokedAt: null },
        data: {
          fingerprint: fingerprintBytes(plaintextToken),
          previousFingerprint: hasOverlap ? fingerprint : null,
          previousExpiresAt: hasOverlap ? new Date(now.getTime() + overlapSeconds * 1_000) : null,
        },
      });
      if (!rotated) throw conflict();
      return rotated;
    });
    return { serviceToken, plaintextToken };
  }

  /** Revokes a token permanently. Its name can then be used again. @throws {KeywardError} NOT_FOUND */
  revoke(name: string): Promise<ServiceToken> {
    return this.#change(AuditAction.SERVICE_TOKEN_REVOKED, async (transaction) => {
      const { id } = await findByName(transaction, name);
      const data = { revokedAt: this.#deps.clock.now() };
      const [revoked] = await transaction.serviceToken.updateManyAndReturn({ where: { id, revokedAt: null }, data });
      if (!revoked) throw conflict();
      return revoked;
    });
  }

  /** Runs a change and records its audit event, which belongs to no account. */
  async #change(action: AuditAction, change: (transaction: Transaction) => Promise<ServiceToken>): Promise<ServiceToken> {
    const { database, audit, logger } = this.#deps;
    const serviceToken = await database.$transaction(async (transaction) => {
      const changed = await change(transaction);
      const { id: serviceTokenId, name, permissions, cidrs, expiresAt, previousExpiresAt } = changed;
      const details = { serviceTokenId, name, permissions, cidrs, expiresAt, previousExpiresAt };
      await audit.record(transaction, { userId: null, action, details }, OPERATOR);
      return changed;
    });
    logger.info({ ...actorFields(OPERATOR), serviceToken: serviceToken.name, action }, 'service token changed');
    return serviceToken;
  }
}

const fingerprintBytes = (plaintextToken: string) => Buffer.from(fingerprintOf(plaintextToken), 'hex');

async function findByName(transaction: Transaction, name: string): Promise<ServiceToken> {
  const serviceToken = await transaction.serviceToken.findFirst({ where: { name, revokedAt: null } });
  if (!serviceToken) throw new KeywardError('NOT_FOUND', 'There is no service token with this name, or it is revoked.');
  return serviceToken;
}
