import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { AuditAction } from '../audit/audit-entry.js';
import { PageInfo } from '../platform/graphql/page-info.js';
import { JSONObject } from '../platform/graphql/scalars.js';

registerEnumType(AuditAction, {
  name: 'AuditAction',
  description: 'What was done in an account.',
  valuesConfig: {
    USER_SIGNED_UP: { description: 'The account was made. Of a user of an identity provider `details` tells its `issuer`.' },
    USER_SIGNED_IN: { description: 'Somebody signed in, with the right password.' },
    USER_SIGN_IN_FAILED: { description: 'Somebody tried a password that was wrong, or the account was disabled.' },
    USER_SIGNED_OUT: { description: 'A session was signed out of.' },
    PASSWORD_CHANGED: { description: 'A new password was set, and every other session ended.' },
    PASSWORD_RESET_ISSUED: { description: 'The operator made a token to set a new password with.' },
    PASSWORD_RESET: { description: 'A new password was set with such a token, and every session ended.' },
    SESSION_ENDED: { description: 'A session was ended by its owner, from another one.' },
    SESSION_REUSE_DETECTED: { description: 'A refresh token was used again long after it had been exchanged, so its session was ended.' },
    USER_DISABLED: { description: 'The operator disabled the account: its sessions ended, and its keys are refused.' },
    USER_ENABLED: { description: 'The operator enabled the account again.' },
    USER_DELETED: { description: 'The account was deleted by its owner, and all its keys.' },
    API_KEY_CREATED: { description: 'A key was made.' },
    API_KEY_UPDATED: { description: 'A key was changed; `details` tells what, before and after.' },
    API_KEY_ROTATED: { description: 'A key was replaced by a new one; `details` tells by which, and when the old one ends.' },
    API_KEY_REVOKED: { description: 'A key was revoked.' },
    API_KEY_IMPORTED: { description: 'A key of another system was taken over by the operator.' },
    ACCESS_REFUSED: { description: 'Somebody signed in to this account asked for what belongs to somebody else.' },
  },
});

@ObjectType({ description: 'Something that was done in an account. It is never changed.' })
export class AuditEvent {
  @Field(() => ID, { description: 'Never changes.' })
  readonly id!: string;

  @Field(() => Date, { description: 'When it was done.' })
  readonly at!: Date;

  @Field(() => AuditAction, { description: 'What was done.' })
  readonly action!: AuditAction;

  @Field(() => String, { nullable: true, description: 'The address that it was done from. Null: not known, or not done by a request.' })
  readonly ipAddress!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The program that it was done with, in its own words. Null: it said nothing, or it was not done by a request.',
  })
  readonly userAgent!: string | null;

  @Field(() => JSONObject, {
    description:
      'What else there is to tell. Of a key always its `keyPrefix`; `actor: "operator"` where the operator did it. Never a secret.',
  })
  readonly details!: Record<string, unknown>;
}

@ObjectType({ description: 'An event in the audit log.' })
export class AuditEventEdge {
  @Field(() => AuditEvent, { description: 'The event.' })
  readonly node!: AuditEvent;

  @Field(() => String, { description: 'Where the event is in the log: pass it as `after` to go on from here.' })
  readonly cursor!: string;
}

@ObjectType({ description: 'A page of the audit log.' })
export class AuditEventConnection {
  @Field(() => [AuditEventEdge], { description: 'The events of the page, in order.' })
  readonly edges!: AuditEventEdge[];

  @Field(() => PageInfo, { description: 'Where the page is in the log.' })
  readonly pageInfo!: PageInfo;
}
