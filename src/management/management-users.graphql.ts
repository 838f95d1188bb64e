import { Field, InputType, ObjectType } from 'type-graphql';
import { User } from '../auth/auth.graphql.js';
import { connectionOf } from '../platform/graphql/connection.js';
import { JSONObject } from '../platform/graphql/scalars.js';

@InputType({
  description: 'Which users to return: those that match every field. A field that is absent or null does not restrict the users.',
})
export class UserFilter {
  @Field(() => String, {
    nullable: true,
    description: 'Beginning of the email address or of the external ID, 2 to 255 characters. The case of an email address is ignored.',
  })
  readonly search?: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'External IDs of the users, at most 100. If the list is empty, no user matches.',
  })
  readonly externalIds?: string[] | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the policy that the users have of their own. If there is no policy with this name, no user matches.',
  })
  readonly policy?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether the users are disabled.' })
  readonly disabled?: boolean | null;
}

export const UserConnection = connectionOf(User, {
  name: 'User',
  noun: 'user',
  description: 'A page of users.',
  edges: 'Users of the page, newest first.',
});
export type UserConnection = InstanceType<typeof UserConnection>;

@InputType({ description: 'A user of the product, and what to set. An absent field is unchanged.' })
export class UpsertUserInput {
  @Field(() => String, {
    description: 'ID of the user in the product or at the identity provider: 1 to 255 characters without control characters.',
  })
  readonly externalId!: string;

  @Field(() => String, { nullable: true, description: 'New email address of the user. Null if no address is known.' })
  readonly email?: string | null;

  @Field(() => JSONObject, {
    nullable: true,
    description: 'New JSON that the product attaches to the user, at most 4 KiB. It replaces the earlier one. Must not be null.',
  })
  readonly trustedMetadata?: Record<string, unknown> | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Name of the policy of the user, with effect from the next verification. Null if the user is to have none of their own. BAD_USER_INPUT if there is no policy with this name.',
  })
  readonly policy?: string | null;
}

@ObjectType({ description: 'Result of `upsertUser`.' })
export class UpsertUserPayload {
  @Field(() => User, { description: 'The user after the change.' })
  readonly user!: User;

  @Field(() => Boolean, { description: 'Whether this request created the user.' })
  readonly created!: boolean;
}

@ObjectType({ description: 'Result of `disableUser`.' })
export class DisableUserPayload {
  @Field(() => User, { description: 'The disabled user.' })
  readonly user!: User;
}

@ObjectType({ description: 'Result of `enableUser`.' })
export class EnableUserPayload {
  @Field(() => User, { description: 'The enabled user.' })
  readonly user!: User;
}

@ObjectType({ description: 'Result of `deleteUser`.' })
export class DeleteUserPayload {
  @Field(() => Boolean, { description: 'Always true. The user is deleted.' })
  readonly deleted!: boolean;
}
