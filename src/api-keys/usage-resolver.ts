import { Arg, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { CostArguments } from '../platform/graphql/cost.js';
import { type UsageInterval as Interval, pointCount, type UsageWindow } from '../usage/usage-service.js';
import { ApiKey } from './api-key.graphql.js';
import type { ApiKeyContext } from './api-key-context.js';
import { UsageInterval, UsagePoint } from './usage.graphql.js';

const NULL_IF_NEVER = 'Null if the key was never presented or the value is unknown.';

const lastUseOf = (key: ApiKey, context: ApiKeyContext) => context.usage.lastUses.load(key.id);

const usageCost = ({ childComplexity, args }: CostArguments): number => {
  const { from, to, by } = args as { from: Date; to: Date; by: Interval };
  return 1 + pointCount({ from, to, interval: by } satisfies UsageWindow) * childComplexity;
};

/** Resolvers for the usage fields of ApiKey. */
@Resolver(() => ApiKey)
export class ApiKeyUsageResolver {
  @FieldResolver(() => Date, {
    nullable: true,
    description:
      'Time at which the key was last presented, whether it was allowed or rejected. It is updated about a second later. Null if the key was never presented.',
  })
  async lastUsedAt(@Root() key: ApiKey, @Ctx() context: ApiKeyContext): Promise<Date | null> {
    return (await lastUseOf(key, context))?.lastUsedAt ?? null;
  }

  @FieldResolver(() => String, { nullable: true, description: `IP address from which the key was last presented. ${NULL_IF_NEVER}` })
  async lastUsedIp(@Root() key: ApiKey, @Ctx() context: ApiKeyContext): Promise<string | null> {
    return (await lastUseOf(key, context))?.lastUsedIp ?? null;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: `User-Agent with which the key was last presented, as sent by the client. ${NULL_IF_NEVER}`,
  })
  async lastUsedUserAgent(@Root() key: ApiKey, @Ctx() context: ApiKeyContext): Promise<string | null> {
    return (await lastUseOf(key, context))?.lastUsedUserAgent ?? null;
  }

  @FieldResolver(() => [UsagePoint], {
    complexity: usageCost,
    description:
      'Number of verifications of the key: one point for each interval, with zeros for an interval without verifications. It is updated about a second later.',
  })
  usage(
    @Root() key: ApiKey,
    @Ctx() context: ApiKeyContext,
    @Arg('from', () => Date, { description: 'A time in the first interval to return.' }) from: Date,
    @Arg('to', () => Date, { description: 'A time in the last interval to return, or the end of that interval.' }) to: Date,
    @Arg('by', () => UsageInterval, { defaultValue: UsageInterval.DAY, description: 'Length of each interval.' }) interval: Interval,
  ): Promise<UsagePoint[]> {
    return context.usage.points(key.id, { from, to, interval });
  }
}
