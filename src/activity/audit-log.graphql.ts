import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { AuditAction } from '../audit/audit-entry.js';
import { BelongsToUser } from '../auth/ownership-middleware.js';
import { PortalPermission } from '../auth/portal-sessions/portal-permission.js';
import { connectionOf } from '../platform/graphql/connection.js';
import { JSONObject } from '../platform/graphql/scalars.js';

registerEnumType(AuditAction, {
  name: 'AuditAction',
  description: 'Kind of an event in the audit log.',
  valuesConfig: {
    USER_SIGNED_UP: { description: 'The account was created. For a user of an identity provider, `details` holds its `issuer`.' },
    USER_SIGNED_IN: { description: 'A session was opened with the correct password.' },
    USER_SIGN_IN_FAILED: { description: 'A sign-in failed, because the password was wrong or the account was disabled.' },
    USER_SIGNED_OUT: { description: 'A session was ended by signing out.' },
    PASSWORD_CHANGED: { description: 'The user changed the password, which ended every earlier session.' },
    PASSWORD_RESET_ISSUED: { description: 'The operator created a password reset token.' },
    PASSWORD_RESET: { description: 'A new password was set with a password reset token, which ended every earlier session.' },
    SESSION_ENDED: {
      description:
        'One or several sessions were ended: by their owner from another session, or as the oldest ones beyond the maximum number of sessions. `details` has the number if there can be several.',
    },
    SESSION_REUSE_DETECTED: { description: 'A refresh token was used again after it had been exchanged, so its session was ended.' },
    PORTAL_SESSION_CREATED: {
      description: 'A service created a portal session for the user. `details` holds its `portalSessionId`, permissions and origin.',
    },
    PORTAL_SESSION_ENDED: {
      description: 'A portal session was ended: by a service, or as the oldest one beyond the maximum number of portal sessions.',
    },
    USER_CREATED: { description: 'A service of the product created the user.' },
    USER_UPDATED: { description: 'A service of the product changed the user. `details` names the changed fields.' },
    USER_DISABLED: {
      description: 'The operator or a service disabled the account. Its sessions were ended, and its API keys are rejected.',
    },
    USER_ENABLED: { description: 'The operator or a service enabled the account again.' },
    USER_DELETED: { description: 'The account and all its API keys were deleted.' },
    API_KEY_CREATED: { description: 'An API key was created.' },
    API_KEY_UPDATED: {
      description:
        'An API key was updated. `details` names the changed settings and holds their values before and after the update, except for name, metadata and trustedMetadata.',
    },
    API_KEY_ROTATED: {
      description: 'An API key was replaced by a new one. `details` names the new key and the time at which the old key expires.',
    },
    API_KEY_REVOKED: { description: 'An API key was revoked.' },
    API_KEY_IMPORTED: { description: 'The operator or a service imported an API key from another system.' },
    SERVICE_TOKEN_CREATED: { description: 'The operator created a service token.' },
    SERVICE_TOKEN_ROTATED: { description: 'The operator replaced the secret of a service token.' },
    SERVICE_TOKEN_REVOKED: { description: 'The operator revoked a service token.' },
    POLICY_CREATED: { description: 'A policy was created.' },
    POLICY_UPDATED: { description: 'Settings of a policy were changed.' },
    POLICY_DELETED: { description: 'A policy was deleted.' },
    ACCESS_REFUSED: { description: 'A request of the user for an object of another user was rejected.' },
    WEBHOOK_ENDPOINT_CREATED: { description: 'A webhook endpoint was created. `details` holds its `webhookEndpointId`.' },
    WEBHOOK_ENDPOINT_UPDATED: {
      description: 'A webhook endpoint was updated or enabled. `details` holds its `webhookEndpointId` and names the changed fields.',
    },
    WEBHOOK_ENDPOINT_DISABLED: {
      description:
        'A webhook endpoint was disabled: by a service, by the operator, or by Keyward after repeated failures. `details` holds its `webhookEndpointId` and the reason.',
    },
    WEBHOOK_ENDPOINT_DELETED: { description: 'A webhook endpoint was deleted. `details` holds its `webhookEndpointId`.' },
    WEBHOOK_SECRET_ROTATED: {
      description: 'The signing secret of a webhook endpoint was replaced. `details` holds its `webhookEndpointId`.',
    },
    OPERATOR_READ: {
      description: 'The operator listed or looked up users or API keys by a command. `details` holds the `command`.',
    },
    USER_EXPORTED: { description: 'The operator exported all data of the user.' },
    AUDIT_LOG_EXPORTED: { description: 'The operator exported events of the audit log. `details` holds their number.' },
    AUDIT_LOG_PRUNED: {
      description:
        'The operator deleted old events of the audit log. `details` holds their number and the time before which they were recorded.',
    },
  },
});

@BelongsToUser({ service: 'audit:read', portal: PortalPermission.AUDIT_READ }, ({ userId }: { userId: string | null }) => userId)
@ObjectType({ description: 'An event in the audit log of an account. Events are never changed.' })
export class AuditEvent {
  @Field(() => ID, { description: 'ID of the event. It never changes.' })
  readonly id!: string;

  @Field(() => Date, { description: 'Time at which the event was recorded.' })
  readonly at!: Date;

  @Field(() => AuditAction, { description: 'What was done in the account.' })
  readonly action!: AuditAction;

  @Field(() => ID, {
    nullable: true,
    description: 'ID of the user that the event concerns, also after the user was deleted. Null if the event concerns no user.',
  })
  readonly userId!: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'ID of the API key that the event concerns, also after the key was deleted. Null if the event concerns no key.',
  })
  readonly apiKeyId!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'IP address of the request. Null if the address is unknown or the event was not caused by a request.',
  })
  readonly ipAddress!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'User-Agent of the request, as sent by the client. Null if the client sent none or the event was not caused by a request.',
  })
  readonly userAgent!: string | null;

  @Field(() => JSONObject, {
    description:
      'Further details of the event. An event of an API key always has its `keyPrefix`; an action of the operator or of a service has the `actor` of the event, and an action in a portal session has the `portalSessionId`. Details never contain a secret.',
  })
  readonly details!: Record<string, unknown>;
}

@InputType({
  description: 'Which events to return: those that match every field. A field that is absent or null does not restrict the events.',
})
export class AuditFilter {
  @Field(() => [AuditAction], {
    nullable: true,
    description: 'Kinds of the events, at most 100. If the list is empty, no event matches.',
  })
  readonly actions?: AuditAction[] | null;

  @Field(() => ID, { nullable: true, description: 'ID of the API key that the events concern.' })
  readonly apiKeyId?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'ID of the user that the events concern. `myAuditLog` rejects it, because its events all concern the same user.',
  })
  readonly userId?: string | null;

  @Field(() => Date, { nullable: true, description: 'Time from which on the events were recorded.' })
  readonly from?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Time before which the events were recorded.' })
  readonly to?: Date | null;
}

export const AuditEventConnection = connectionOf(AuditEvent, {
  name: 'AuditEvent',
  noun: 'event',
  description: 'A page of events of the audit log.',
  edges: 'Events of the page, newest first.',
});
export type AuditEventConnection = InstanceType<typeof AuditEventConnection>;
