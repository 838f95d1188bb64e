import { Field, ObjectType } from 'type-graphql';

@ObjectType({ description: 'Position of a page in its list.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether the list continues after the page.' })
  readonly hasNextPage!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the last item of the page. Pass it as `after` to get the next page. Null if the page is empty.',
  })
  readonly endCursor!: string | null;
}
