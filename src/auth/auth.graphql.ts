import { Field, ID, InputType, ObjectType } from 'type-graphql';

@ObjectType({ description: 'A user: the owner of API keys.' })
export class User {
  @Field(() => ID, { description: 'Never changes.' })
  readonly id!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Email address in canonical form: trimmed and lower case. Null if no address is known or verified.',
  })
  readonly email!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The product’s or identity provider’s id of the user. Null for accounts with a password.',
  })
  readonly externalId!: string | null;

  @Field(() => Date, { description: 'When the user signed up, or an identity provider first vouched for the user.' })
  readonly createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When the user was disabled. Null if the user is not disabled.' })
  readonly disabledAt!: Date | null;
}

@InputType({ description: 'What a new account is made of.' })
export class SignUpInput {
  @Field(() => String, { description: 'The address to sign in with. Case and surrounding spaces make no difference.' })
  readonly email!: string;

  @Field(() => String, {
    description:
      'At least 15 characters and at most 72 bytes in UTF-8. The email address, the name of the product, repetitions, sequences and variants of common passwords are rejected.',
  })
  readonly password!: string;
}

@InputType({ description: 'What proves who you are.' })
export class SignInInput {
  @Field(() => String, { description: 'The address of the account. Case and surrounding spaces make no difference.' })
  readonly email!: string;

  @Field(() => String, { description: 'The password of the account.' })
  readonly password!: string;
}

@InputType({ description: 'The old and the new password.' })
export class ChangePasswordInput {
  @Field(() => String, { description: 'The password that is valid until now.' })
  readonly currentPassword!: string;

  @Field(() => String, { description: 'The password to be valid from now on; see SignUpInput.password for what it may be.' })
  readonly newPassword!: string;
}

@ObjectType({ description: 'The tokens of a session.' })
export class AuthPayload {
  @Field(() => String, { description: 'A JWT to send as `Authorization: Bearer …`. Good until `expiresAt`, or until its session ends.' })
  readonly accessToken!: string;

  @Field(() => Date, { description: 'When the access token expires.' })
  readonly expiresAt!: Date;

  @Field(() => String, { description: 'Opaque. Exchange it with `refreshSession` for a new pair; it works once.' })
  readonly refreshToken!: string;

  @Field(() => User, { description: 'Who is signed in.' })
  readonly user!: User;
}

@ObjectType({ description: 'What signing out did.' })
export class SignOutPayload {
  @Field(() => Boolean, { description: 'Always true: the session has ended, now or before.' })
  readonly signedOut!: boolean;
}

@InputType({ description: 'A one-time token and a new password.' })
export class ResetPasswordInput {
  @Field(() => String, { description: 'Made by the operator; good for an hour, once.' })
  readonly token!: string;

  @Field(() => String, { description: 'The password to be valid from now on; see SignUpInput.password for what it may be.' })
  readonly newPassword!: string;
}

@ObjectType({ description: 'What deleting the account did.' })
export class DeleteMyAccountPayload {
  @Field(() => Boolean, { description: 'Always true.' })
  readonly deleted!: boolean;
}

@ObjectType({ description: 'Somewhere you are signed in.' })
export class Session {
  @Field(() => ID, { description: 'Never changes.' })
  readonly id!: string;

  @Field(() => Date, { description: 'When it was signed in to.' })
  readonly createdAt!: Date;

  @Field(() => Date, { description: 'When it ends, unless it is refreshed before.' })
  readonly expiresAt!: Date;

  @Field(() => String, { nullable: true, description: 'The address that it was signed in to or refreshed from last. Null: not known.' })
  readonly ipAddress!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The program that signed in or refreshed it last, in its own words. Null: it said nothing.',
  })
  readonly userAgent!: string | null;
}

@ObjectType({ description: 'The session that was ended.' })
export class EndSessionPayload {
  @Field(() => Session, { description: 'The session. Its tokens are refused from now on.' })
  readonly session!: Session;
}
