import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { UsageInterval as Interval } from '../usage/usage-service.js';

/** GraphQL's names of the intervals. */
export const UsageInterval: Readonly<Record<string, Interval>> = { HOUR: 'hour', DAY: 'day' };
registerEnumType(UsageInterval, {
  name: 'UsageInterval',
  description: 'What usage is summed up by, in UTC.',
  valuesConfig: {
    HOUR: { description: 'Whole hours, over at most 7 days.' },
    DAY: { description: 'Whole days, over at most 90 days.' },
  },
});

@ObjectType({ description: 'The verifications of a key in one interval.' })
export class UsagePoint {
  @Field(() => Date, { description: 'When the interval begins.' })
  readonly start!: Date;

  @Field(() => Int, { description: 'Verifications that were let through.' })
  readonly allowed!: number;

  @Field(() => Int, { description: 'Verifications of the key that were refused.' })
  readonly refused!: number;
}
