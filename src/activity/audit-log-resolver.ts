import { Arg, Ctx, FieldResolver, Int, Query, Resolver, Root } from 'type-graphql';
import { ApiKey } from '../api-keys/api-key.graphql.js';
import type { ApiKeyContext } from '../api-keys/api-key-context.js';
import type { AuditEvent as AuditEventRow, AuditLog } from '../audit/audit-log.js';
import { ForActingServices, ForPortalSessions, ForServices } from '../auth/access-middleware.js';
import { User } from '../auth/auth.graphql.js';
import { CurrentSubject, type Subject } from '../auth/auth-context.js';
import { PortalPermission } from '../auth/portal-sessions/portal-permission.js';
import { pageCost } from '../platform/graphql/cost.js';
import { AuditEvent, AuditEventConnection, AuditFilter } from './audit-log.graphql.js';

@Resolver(() => AuditEvent)
export class AuditResolver {
  readonly #audit: AuditLog;

  constructor(audit: AuditLog) {
    this.#audit = audit;
  }

  @ForActingServices()
  @ForPortalSessions(PortalPermission.AUDIT_READ)
  @Query(() => AuditEventConnection, { description: 'Events of the audit log of your account, newest first.', complexity: pageCost })
  myAuditLog(
    @Arg('first', () => Int, { defaultValue: 50, description: 'Maximum number of events in the page: 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'Cursor after which the page begins. Null if the page is the first one.' })
    after: string | null | undefined,
    @Arg('filter', () => AuditFilter, { nullable: true, description: 'Which events to return. Null if all events are returned.' })
    filter: AuditFilter | null | undefined,
    @CurrentSubject() { userId }: Subject,
  ): Promise<AuditEventConnection> {
    return this.#audit.page(userId, { first, after: after ?? null }, filter ?? {});
  }

  @ForServices('audit:read')
  @Query(() => AuditEventConnection, {
    description: 'Events of the audit log of all users, newest first, with those that concern no user.',
    complexity: pageCost,
  })
  auditLog(
    @Arg('first', () => Int, { defaultValue: 50, description: 'Maximum number of events in the page: 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'Cursor after which the page begins. Null if the page is the first one.' })
    after: string | null | undefined,
    @Arg('filter', () => AuditFilter, { nullable: true, description: 'Which events to return. Null if all events are returned.' })
    filter: AuditFilter | null | undefined,
  ): Promise<AuditEventConnection> {
    return this.#audit.pageOfAll({ first, after: after ?? null }, filter ?? {});
  }

  @FieldResolver(() => String, {
    description:
      'Who did it: `user` for the user of the account, `operator` for the command line, or `service:NAME` or `service:NAME/ACTOR` for a service with that service token, where ACTOR is who asked for it at the product.',
  })
  actor(@Root() { details }: AuditEventRow): string {
    return typeof details.actor === 'string' ? details.actor : 'user';
  }

  @FieldResolver(() => User, {
    nullable: true,
    description: 'The user that the event concerns. Null if the event concerns no user or the user no longer exists.',
  })
  async user(@Root() event: AuditEventRow, @Ctx() context: ApiKeyContext): Promise<User | null> {
    return event.userId === null ? null : context.users.load(event.userId);
  }

  @FieldResolver(() => ApiKey, {
    nullable: true,
    description: 'The API key that the event concerns. Null if it concerns no key or the key no longer exists.',
  })
  async apiKey(@Root() event: AuditEventRow, @Ctx() context: ApiKeyContext): Promise<ApiKey | null> {
    return event.apiKeyId === null ? null : context.apiKeys.byId.load(event.apiKeyId);
  }
}
