import { Arg, Ctx, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import { ApiKey } from '../api-keys/api-key.graphql.js';
import { pageCost } from '../platform/graphql/cost.js';
import type { ActivityContext } from './activity-context.js';
import { AuditEventConnection } from './audit-log.graphql.js';

/** The events of a key, as a field of ApiKey. */
@Resolver(() => ApiKey)
export class ApiKeyEventsResolver {
  @FieldResolver(() => AuditEventConnection, {
    complexity: pageCost,
    description: 'Events of the audit log that concern the key, newest first.',
  })
  events(
    @Root() key: ApiKey,
    @Ctx() context: ActivityContext,
    @Arg('first', () => Int, { defaultValue: 20, description: 'Maximum number of events in the page: 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'Cursor after which the page begins. Null if the page is the first one.' })
    after: string | null | undefined,
  ): Promise<AuditEventConnection> {
    return context.keyEvents.page(key.id, { first, after: after ?? null });
  }
}
