import { Field, InputType, Int, ObjectType } from 'type-graphql';

@ObjectType({ description: 'Rate limit of an API key, or of all API keys of an owner together.' })
export class RateLimit {
  @Field(() => Int, { description: 'Number of verifications that succeed in one window.' })
  readonly limit!: number;

  @Field(() => Int, { description: 'Length of the window in seconds. The window begins with the first verification.' })
  readonly windowSeconds!: number;
}

@InputType({ description: 'Rate limit to set for an API key, or for all API keys of an owner together.' })
export class RateLimitInput {
  @Field(() => Int, { description: 'Number of verifications that succeed in one window: 1 to 1,000,000.' })
  readonly limit!: number;

  @Field(() => Int, { description: 'Length of the window in seconds: 1 to 86,400. The window begins with the first verification.' })
  readonly windowSeconds!: number;
}
