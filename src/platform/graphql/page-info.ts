import { Field, ObjectType } from 'type-graphql';

@ObjectType({ description: 'Position of a page in its list.' })
export class PageInfo {
  @Field(() => Boolean, {
    description:
      'Whether the list continues after the page. A page can be short or empty although the list continues, because one page examines a limited number of items.',
  })
  readonly hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether the list has items before the page, which is so if the page was requested by `after`.' })
  readonly hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first item of the page. Null if the page is empty.' })
  readonly startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Cursor at which the page ends. Pass it as `after` to get the next page. Null if the page is empty and the list does not continue.',
  })
  readonly endCursor!: string | null;
}
