import { Arg, Ctx, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import { User } from '../auth/auth.graphql.js';
import { pageCost } from '../platform/graphql/cost.js';
import { ApiKeyConnection } from './api-key.graphql.js';
import type { ApiKeyContext } from './api-key-context.js';

/** The keys of a user, as a field of User. */
@Resolver(() => User)
export class UserKeysResolver {
  @FieldResolver(() => ApiKeyConnection, {
    complexity: pageCost,
    description:
      'API keys of the user, with any status, newest first. FORBIDDEN if they are those of another user and the caller is not a service with the permission keys:read.',
  })
  async apiKeys(
    @Root() user: User,
    @Ctx() context: ApiKeyContext,
    @Arg('first', () => Int, { defaultValue: 20, description: 'Maximum number of keys in the page: 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'Cursor after which the page begins. Null if the page is the first one.' })
    after: string | null | undefined,
  ): Promise<ApiKeyConnection> {
    return context.userKeys.page(user.id, { first, after: after ?? null });
  }
}
