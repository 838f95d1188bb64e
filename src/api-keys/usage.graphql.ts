import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { listCost } from '../platform/graphql/cost.js';
import type { UsageInterval as Interval } from '../usage/usage-service.js';
import { VerificationCode } from '../usage/verification-code.graphql.js';
import { REFUSAL_CODES } from '../usage/verification-code.js';

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

@ObjectType({ description: 'Number of verifications of an API key that were rejected for one reason.' })
export class RefusalCount {
  @Field(() => VerificationCode, { description: 'Reason for the rejection.' })
  readonly code!: VerificationCode;

  @Field(() => Int, { description: 'Number of verifications that were rejected for this reason.' })
  readonly count!: number;
}

@ObjectType({ description: 'Verifications of an API key in one interval.' })
export class UsagePoint {
  @Field(() => Date, { description: 'Time at which the interval begins.' })
  readonly start!: Date;

  @Field(() => Int, { description: 'Number of verifications that were allowed.' })
  readonly allowed!: number;

  @Field(() => Int, { description: 'Number of verifications that were rejected.' })
  readonly refused!: number;

  @Field(() => [RefusalCount], {
    complexity: listCost(REFUSAL_CODES.length),
    description:
      'Number of verifications that were rejected, by reason. Reasons that did not occur are left out. Rejections that version 0.1.0 counted are in the sum alone.',
  })
  readonly refusals!: RefusalCount[];
}
