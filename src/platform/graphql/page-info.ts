import { Field, ObjectType } from 'type-graphql';

@ObjectType({ description: 'Where a page is in its list.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether there is more.' })
  readonly hasNextPage!: boolean;

  @Field(() => String, { nullable: true, description: 'The cursor to go on from: pass it as `after`. Null: the page is empty.' })
  readonly endCursor!: string | null;
}
