import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { JSONObject } from '../platform/graphql/scalars.js';
import { BelongsToUser } from './ownership-middleware.js';

@BelongsToUser({ service: 'users:read', portal: null }, ({ id }: { id: string }) => id)
@ObjectType({ description: 'A user: the owner of API keys.' })
export class User {
  @Field(() => ID, { description: 'ID of the user. It never changes.' })
  readonly id!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Email address in canonical form: trimmed and lower case. Null if no address is known or verified.',
  })
  readonly email!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'ID of the user in the product or at the identity provider. Null if the account has a password.',
  })
  readonly externalId!: string | null;

  @Field(() => JSONObject, {
    description:
      'JSON that the product attached to the user. The user cannot change it. Each verification of a key of the user returns it as `ownerMetadata`.',
  })
  readonly trustedMetadata!: unknown;

  @Field(() => Date, {
    description: 'Time at which the user signed up, or at which the first token of the identity provider for the user was accepted.',
  })
  readonly createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'Time at which the user was disabled. Null if the user is not disabled.' })
  readonly disabledAt!: Date | null;
}

@InputType({ description: 'Email address and password of a new account.' })
export class SignUpInput {
  @Field(() => String, { description: 'Email address to sign in with. Case and surrounding spaces are ignored.' })
  readonly email!: string;

  @Field(() => String, {
    description:
      'Password of the new account: at least 15 characters and at most 72 bytes in UTF-8. The email address, the name of the product, repetitions, sequences and variants of common passwords are rejected.',
  })
  readonly password!: string;
}

@InputType({ description: 'Email address and password of an account.' })
export class SignInInput {
  @Field(() => String, { description: 'Email address of the account. Case and surrounding spaces are ignored.' })
  readonly email!: string;

  @Field(() => String, { description: 'Password of the account.' })
  readonly password!: string;
}

@InputType({ description: 'Current and new password of the account.' })
export class ChangePasswordInput {
  @Field(() => String, { description: 'Current password of the account.' })
  readonly currentPassword!: string;

  @Field(() => String, { description: 'New password of the account. The rules are those of SignUpInput.password.' })
  readonly newPassword!: string;
}

@ObjectType({ description: 'Tokens of a session.' })
export class AuthPayload {
  @Field(() => String, {
    description: 'Access token, a JWT to send as `Authorization: Bearer …`. It is valid until `expiresAt`, or until its session ends.',
  })
  readonly accessToken!: string;

  @Field(() => Date, { description: 'Time at which the access token expires.' })
  readonly expiresAt!: Date;

  @Field(() => String, {
    description:
      'Refresh token, an opaque text. `refreshSession` exchanges it once for a new pair of tokens. Empty if it was set as the cookie of the console.',
  })
  readonly refreshToken!: string;

  @Field(() => User, { description: 'The user who is signed in.' })
  readonly user!: User;
}

@ObjectType({ description: 'Result of `signOut`.' })
export class SignOutPayload {
  @Field(() => Boolean, { description: 'Always true. The session is ended, by this request or earlier.' })
  readonly signedOut!: boolean;
}

@InputType({ description: 'Password reset token and new password of an account.' })
export class ResetPasswordInput {
  @Field(() => String, { description: 'Password reset token, created by the operator. It can be used once, within one hour.' })
  readonly token!: string;

  @Field(() => String, { description: 'New password of the account. The rules are those of SignUpInput.password.' })
  readonly newPassword!: string;
}

@ObjectType({ description: 'Result of `deleteMyAccount`.' })
export class DeleteMyAccountPayload {
  @Field(() => Boolean, { description: 'Always true. The account is deleted.' })
  readonly deleted!: boolean;
}

@ObjectType({ description: 'A session: one sign-in with a password, with its tokens.' })
export class Session {
  @Field(() => ID, { description: 'ID of the session. It never changes.' })
  readonly id!: string;

  @Field(() => Date, { description: 'Time of the sign-in.' })
  readonly createdAt!: Date;

  @Field(() => Date, { description: 'Time at which the session ends if it is not refreshed before.' })
  readonly expiresAt!: Date;

  @Field(() => String, { nullable: true, description: 'IP address of the sign-in or of the last refresh. Null if the address is unknown.' })
  readonly ipAddress!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'User-Agent of the sign-in or of the last refresh, as sent by the client. Null if the client sent none.',
  })
  readonly userAgent!: string | null;
}

@ObjectType({ description: 'Result of `endSession`.' })
export class EndSessionPayload {
  @Field(() => Session, { description: 'The session that was ended. Its tokens are rejected from the next request on.' })
  readonly session!: Session;
}

@ObjectType({ description: 'Result of `endOtherSessions`.' })
export class EndOtherSessionsPayload {
  @Field(() => Int, { description: 'Number of sessions that were ended. Their tokens are rejected from the next request on.' })
  readonly ended!: number;
}
