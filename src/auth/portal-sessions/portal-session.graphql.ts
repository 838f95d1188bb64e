import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { User } from '../auth.graphql.js';
import { PortalPermission } from './portal-permission.js';

registerEnumType(PortalPermission, {
  name: 'PortalPermission',
  description: 'What a portal session permits, for its user alone. Every portal session permits `me`.',
  valuesConfig: {
    KEYS_READ: { description: 'Read the API keys of the user and their usage.' },
    KEYS_CREATE: { description: 'Create API keys. The result contains the new key, also without KEYS_READ.' },
    KEYS_UPDATE: { description: 'Update the settings of API keys.' },
    KEYS_ROTATE: { description: 'Rotate API keys.' },
    KEYS_REVOKE: { description: 'Revoke API keys.' },
    AUDIT_READ: { description: 'Read the audit log of the user.' },
  },
});

@InputType({ description: 'Settings of a new portal session.' })
export class CreatePortalSessionInput {
  @Field(() => String, {
    description:
      'ID of the user in the product, 1 to 255 characters without control characters. The user is created if no user has this ID.',
  })
  readonly externalId!: string;

  @Field(() => [PortalPermission], {
    description: 'What the portal session permits. If the list is empty, the session permits only `me`.',
  })
  readonly permissions!: PortalPermission[];

  @Field(() => Int, { defaultValue: 900, description: 'Lifetime of the portal session in seconds: 60 to 3,600. It cannot be renewed.' })
  readonly expiresInSeconds!: number;

  @Field(() => String, {
    nullable: true,
    description:
      'The only origin that may use the portal session, such as `https://app.example.com`. Requests with another Origin header, or without one, are UNAUTHENTICATED. Pages of this origin can call the API from a browser, also if CORS_ORIGINS does not contain it. Null if every client may use the session.',
  })
  readonly origin?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Who at the product uses the portal session, 1 to 255 characters without control characters. The audit log and `createdBy` name it. Null if it is the user.',
  })
  readonly actor?: string | null;
}

@ObjectType({ description: 'Result of `createPortalSession`.' })
export class CreatePortalSessionPayload {
  @Field(() => String, {
    description:
      'Access token of the portal session, a JWT to send as `Authorization: Bearer …`. It is returned once and cannot be renewed.',
  })
  readonly accessToken!: string;

  @Field(() => Date, { description: 'Time at which the portal session expires.' })
  readonly expiresAt!: Date;

  @Field(() => ID, { description: 'ID of the portal session, for `endPortalSession`.' })
  readonly portalSessionId!: string;

  @Field(() => User, { description: 'The user of the portal session.' })
  readonly user!: User;
}

@ObjectType({ description: 'Result of `endPortalSession`.' })
export class EndPortalSessionPayload {
  @Field(() => Boolean, { description: 'Always true. The portal session is ended, by this request or earlier.' })
  readonly ended!: boolean;
}
