import { Arg, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { CostArguments } from '../platform/graphql/cost.js';
import { type UsageInterval as Interval, pointCount, type UsageWindow } from '../usage/usage-service.js';
import { ApiKey } from './api-key.graphql.js';
import type { ApiKeyContext } from './api-key-context.js';
import { UsageInterval, UsagePoint } from './usage.graphql.js';

const NULL_IF_NEVER = 'Null: never, or it is not known.';

const lastUseOf = (key: ApiKey, context: ApiKeyContext) => context.usage.lastUses.load(key.id);

const usageCost = ({ childComplexity, args }: CostArguments): number => {
  const { from, to, by } = args as { from: Date; to: Date; by: Interval };
  return 1 + pointCount({ from, to, interval: by } satisfies UsageWindow) * childComplexity;
};

/** What ApiKey tells of its use. */
@Resolver(() => ApiKey)
export class ApiKeyUsageResolver {
  @FieldResolver(() => Date, {
    nullable: true,
    description: 'When it was presented last, let through or refused; about a second late. Null: never.',
  })
  async lastUsedAt(@Root() key: ApiKey, @Ctx() context: ApiKeyContext): Promise<Date | null> {
    return (await lastUseOf(key, context))?.lastUsedAt ?? null;
  }

  @FieldResolver(() => String, { nullable: true, description: `The address that it was presented from last. ${NULL_IF_NEVER}` })
  async lastUsedIp(@Root() key: ApiKey, @Ctx() context: ApiKeyContext): Promise<string | null> {
    return (await lastUseOf(key, context))?.lastUsedIp ?? null;
  }

  @FieldResolver(() => String, { nullable: true, description: `The program that presented it last, in its own words. ${NULL_IF_NEVER}` })
  async lastUsedUserAgent(@Root() key: ApiKey, @Ctx() context: ApiKeyContext): Promise<string | null> {
    return (await lastUseOf(key, context))?.lastUsedUserAgent ?? null;
  }

  @FieldResolver(() => [UsagePoint], {
    complexity: usageCost,
    description: 'How often it was verified: one point for each interval, also for those in which it was not; about a second late.',
  })
  usage(
    @Root() key: ApiKey,
    @Ctx() context: ApiKeyContext,
    @Arg('from', () => Date, { description: 'The first interval is the one that this is in.' }) from: Date,
    @Arg('to', () => Date, { description: 'The last interval is the one that ends here or that this is in.' }) to: Date,
    @Arg('by', () => UsageInterval, { defaultValue: UsageInterval.DAY, description: 'How long an interval is.' }) interval: Interval,
  ): Promise<UsagePoint[]> {
    return context.usage.points(key.id, { from, to, interval });
  }
}
