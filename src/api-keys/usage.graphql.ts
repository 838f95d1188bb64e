import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { UsageInterval as Interval } from '../usage/usage-service.js';

/** Names of the intervals in GraphQL. */
export const UsageInterval: Readonly<Record<string, Interval>> = { HOUR: 'hour', DAY: 'day' };
registerEnumType(UsageInterval, {
  name: 'UsageInterval',
  description: 'Interval by which usage is summed. Intervals are aligned to UTC.',
  valuesConfig: {
    HOUR: { description: 'One point for each hour, over at most 7 days.' },
    DAY: { description: 'One point for each day, over at most 90 days.' },
  },
});

@ObjectType({ description: 'Verifications of an API key in one interval.' })
export class UsagePoint {
  @Field(() => Date, { description: 'Time at which the interval begins.' })
  readonly start!: Date;

  @Field(() => Int, { description: 'Number of verifications that were allowed.' })
  readonly allowed!: number;

  @Field(() => Int, { description: 'Number of verifications that were rejected.' })
  readonly refused!: number;
}
