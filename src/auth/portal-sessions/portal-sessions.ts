import { validate as isUuid } from 'uuid';
import { AuditAction } from '../../audit/audit-entry.js';
import type { AuditRecorder } from '../../audit/audit-recorder.js';
import { actorFields, type ServiceActor } from '../../platform/actor.js';
import type { Clock } from '../../platform/clock.js';
import type { Database, Transaction } from '../../platform/database/client.js';
import type { PortalSession, Prisma } from '../../platform/database/generated/client.js';
import { KeywardError } from '../../platform/errors/keyward-error.js';
import { PORTAL_SESSION_LIMITS } from '../../platform/limits.js';
import type { Logger } from '../../platform/logger.js';
import type { User, Users } from '../accounts/users.js';
import { type ServiceCaller, userIsDisabled } from '../caller.js';
import type { ProductUsers } from '../external/product-users.js';
import { expiryAfter } from '../pinned-jwt.js';
import { type PortalSessionSettings, refuseBadSettings } from './portal-session-settings.js';
import type { PortalTokens } from './portal-token.js';

/** A new portal session. */
export interface IssuedPortalSession {
  accessToken: string;
  expiresAt: Date;
  portalSessionId: string;
  user: User;
}

const NEWEST_FIRST: Prisma.PortalSessionOrderByWithRelationInput[] = [{ createdAt: 'desc' }, { id: 'desc' }];

interface Dependencies {
  database: Database;
  clock: Clock;
  users: Users;
  productUsers: ProductUsers;
  tokens: PortalTokens;
  audit: AuditRecorder;
  logger: Logger;
}

/** Creates and ends portal sessions, for services that act for their users. */
export class PortalSessions {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Returns all portal sessions of a user that are still stored, newest first. */
  listAll(userId: string): Promise<PortalSession[]> {
    return this.#deps.database.portalSession.findMany({ where: { userId }, orderBy: NEWEST_FIRST });
  }

  /**
   * Creates a portal session, and its user if no user has the external id. Ends the oldest sessions of the user beyond the maximum.
   *
   * @throws {KeywardError} BAD_USER_INPUT, FORBIDDEN for a disabled user
   */
  async create(settings: PortalSessionSettings, service: ServiceCaller): Promise<IssuedPortalSession> {
    refuseBadSettings(settings);
    try {
      return await this.#createFor(settings, service);
    } catch (error) {
      // The user was deleted or disabled during the request: as if that had happened before.
      if (error instanceof KeywardError && error.code === 'UNAUTHENTICATED') return this.#createFor(settings, service);
      throw error;
    }
  }

  async #createFor(settings: PortalSessionSettings, service: ServiceCaller): Promise<IssuedPortalSession> {
    const { productUsers, users, tokens, logger } = this.#deps;
    const user = await productUsers.findOrCreate(settings.externalId, service.actor);
    if (user.disabledAt !== null) throw userIsDisabled();
    const session = await users.withLocked(user.id, (transaction) => this.#open(transaction, user.id, settings, service));
    const { id: portalSessionId, expiresAt } = session;
    logger.info({ ...actorFields(service.actor), userId: user.id, portalSessionId }, 'portal session created');
    return { accessToken: tokens.issue({ userId: user.id, portalSessionId }, expiresAt), expiresAt, portalSessionId, user };
  }

  async #open(
    transaction: Transaction,
    userId: string,
    { permissions, origin, actor, expiresInSeconds }: PortalSessionSettings,
    { serviceTokenId, actor: service }: ServiceCaller,
  ): Promise<PortalSession> {
    const createdAt = this.#deps.clock.now();
    const expiresAt = expiryAfter(expiresInSeconds, createdAt);
    const session = await transaction.portalSession.create({
      data: { userId, serviceTokenId, permissions: [...new Set(permissions)], origin, actor, createdAt, expiresAt },
    });
    const details = { portalSessionId: session.id, permissions: session.permissions, origin, expiresAt };
    await this.#deps.audit.record(transaction, { userId, action: AuditAction.PORTAL_SESSION_CREATED, details }, service);
    await this.#endBeyondLimit(transaction, userId, service);
    return session;
  }

  /** Must run in a transaction that holds the user's row locked, so that parallel requests count each other's sessions. */
  async #endBeyondLimit(transaction: Transaction, userId: string, service: ServiceActor): Promise<void> {
    const now = this.#deps.clock.now();
    const live = { userId, endedAt: null, expiresAt: { gt: now } };
    const beyond = await transaction.portalSession.findMany({
      where: live,
      orderBy: NEWEST_FIRST,
      skip: PORTAL_SESSION_LIMITS.livePerUser,
      select: { id: true },
    });
    if (beyond.length === 0) return;
    const ids = beyond.map(({ id }) => id);
    await transaction.portalSession.updateMany({ where: { id: { in: ids } }, data: { endedAt: now } });
    const entries = ids.map((portalSessionId) => {
      return { userId, action: AuditAction.PORTAL_SESSION_ENDED, details: { portalSessionId, reason: 'too many portal sessions' } };
    });
    await this.#deps.audit.record(transaction, entries, service);
  }

  /**
   * Ends a portal session, with effect from the next request on every replica. Ending an ended session changes nothing.
   *
   * @throws {KeywardError} NOT_FOUND
   */
  async end(id: string, actor: ServiceActor): Promise<void> {
    const { database, clock, audit, logger } = this.#deps;
    const session = isUuid(id) ? await database.portalSession.findUnique({ where: { id } }) : null;
    if (!session) throw new KeywardError('NOT_FOUND', 'There is no portal session with this ID.');
    const { userId } = session;
    const isNew = await database.$transaction(async (transaction) => {
      const now = clock.now();
      const live = { id, endedAt: null, expiresAt: { gt: now } };
      if ((await transaction.portalSession.updateMany({ where: live, data: { endedAt: now } })).count === 0) return false;
      await audit.record(transaction, { userId, action: AuditAction.PORTAL_SESSION_ENDED, details: { portalSessionId: id } }, actor);
      return true;
    });
    if (isNew) logger.info({ ...actorFields(actor), userId, portalSessionId: id }, 'portal session ended');
  }
}
