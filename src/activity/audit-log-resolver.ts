import { Arg, Ctx, FieldResolver, Int, Query, Resolver, Root } from 'type-graphql';
import { ApiKey } from '../api-keys/api-key.graphql.js';
import type { ApiKeyContext } from '../api-keys/api-key-context.js';
import type { AuditEvent as AuditEventRow, AuditLog } from '../audit/audit-log.js';
import { CurrentViewer } from '../auth/auth-context.js';
import type { Viewer } from '../auth/sessions/sessions.js';
import { pageCost } from '../platform/graphql/cost.js';
import { AuditEvent, AuditEventConnection } from './audit-log.graphql.js';

@Resolver(() => AuditEvent)
export class AuditResolver {
  readonly #audit: AuditLog;

  constructor(audit: AuditLog) {
    this.#audit = audit;
  }

  @Query(() => AuditEventConnection, { description: 'What was done in your account, newest first.', complexity: pageCost })
  async myAuditLog(
    @Arg('first', () => Int, { defaultValue: 50, description: 'How many at most: 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'A cursor: the page begins behind it. Null: at the beginning.' })
    after: string | null | undefined,
    @CurrentViewer() viewer: Viewer,
  ): Promise<AuditEventConnection> {
    const page = await this.#audit.page(viewer.user.id, { first, after: after ?? null });
    return page as AuditEventConnection;
  }

  @FieldResolver(() => ApiKey, {
    nullable: true,
    description: 'The key that it was done to. Null: none, or there is no such key any more.',
  })
  async apiKey(@Root() event: AuditEventRow, @Ctx() context: ApiKeyContext): Promise<ApiKey | null> {
    return event.apiKeyId === null ? null : context.apiKeys.byId.load(event.apiKeyId);
  }
}
