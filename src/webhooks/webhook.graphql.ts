import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { connectionOf } from '../platform/graphql/connection.js';
import { WebhookDeliveryStatus } from './delivery.js';

registerEnumType(WebhookDeliveryStatus, {
  name: 'WebhookDeliveryStatus',
  description: 'State of a delivery.',
  valuesConfig: {
    PENDING: { description: 'The event waits for its first or next attempt, or is being sent.' },
    DELIVERED: { description: 'The receiver answered with a status from 200 to 299.' },
    FAILED: { description: 'All attempts failed, or the receiver answered with the status 410.' },
  },
});

@ObjectType({ description: 'A URL that receives events about users and API keys, by Standard Webhooks 1.0.' })
export class WebhookEndpoint {
  @Field(() => ID, { description: 'ID of the endpoint. It never changes.' })
  readonly id!: string;

  @Field(() => String, { description: 'URL to which the events are sent.' })
  readonly url!: string;

  @Field(() => String, { nullable: true, description: 'Note about the endpoint. Null if there is no note.' })
  readonly description!: string | null;

  @Field(() => [String], { description: 'Types of the events to send. If the list is empty, all types are sent.' })
  readonly eventTypes!: string[];

  @Field(() => Date, { description: 'Time at which the endpoint was created.' })
  readonly createdAt!: Date;

  @Field(() => Date, {
    nullable: true,
    description:
      'Time at which the endpoint was disabled, by a service, by the operator or after repeated failures. Null if it is enabled.',
  })
  readonly disabledAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'Reason why the endpoint was disabled. Null if it is enabled.' })
  readonly disabledReason!: string | null;
}

@InputType({
  description: 'Settings of a webhook endpoint. For a new endpoint, `url` is required. For an update, an absent field is unchanged.',
})
export class WebhookEndpointInput {
  @Field(() => String, {
    nullable: true,
    description:
      'URL to which the events are sent: https, with the port 443 or a higher port than 1023, at most 2,000 characters. Its addresses must be public, unless `WEBHOOK_PRIVATE_TARGETS` lists them. Must not be null.',
  })
  readonly url?: string | null;

  @Field(() => String, { nullable: true, description: 'Note about the endpoint, at most 500 characters. Null clears it.' })
  readonly description?: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Types of the events to send, such as `api_key.expiring`. If the list is empty, all types are sent. Must not be null.',
  })
  readonly eventTypes?: string[] | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether events are sent. While an endpoint is disabled, its events are kept for 30 days; `redeliverWebhooks` sends them. Must not be null.',
  })
  readonly enabled?: boolean | null;
}

@ObjectType({ description: 'Result of `createWebhookEndpoint`.' })
export class CreateWebhookEndpointPayload {
  @Field(() => WebhookEndpoint, { description: 'The new endpoint.' })
  readonly endpoint!: WebhookEndpoint;

  @Field(() => String, {
    description: 'Secret with which the receiver checks the signatures (`whsec_…`). It is returned here and never again.',
  })
  readonly secret!: string;
}

@ObjectType({ description: 'Result of `updateWebhookEndpoint`.' })
export class UpdateWebhookEndpointPayload {
  @Field(() => WebhookEndpoint, { description: 'The endpoint after the change.' })
  readonly endpoint!: WebhookEndpoint;
}

@ObjectType({ description: 'Result of `rotateWebhookSecret`.' })
export class RotateWebhookSecretPayload {
  @Field(() => WebhookEndpoint, { description: 'The endpoint with its new secret.' })
  readonly endpoint!: WebhookEndpoint;

  @Field(() => String, { description: 'New secret with which the receiver checks the signatures. It is returned here and never again.' })
  readonly secret!: string;
}

@ObjectType({ description: 'Result of `deleteWebhookEndpoint`.' })
export class DeleteWebhookEndpointPayload {
  @Field(() => Boolean, { description: 'Always true. Errors are returned as GraphQL errors.' })
  readonly deleted!: boolean;
}

@ObjectType({ description: 'One event that is sent, or was sent, to one endpoint.' })
export class WebhookDelivery {
  @Field(() => ID, { description: 'ID of the delivery.' })
  readonly id!: string;

  @Field(() => ID, { description: 'ID of the event: the header `webhook-id` of every attempt.' })
  readonly eventId!: string;

  @Field(() => String, { description: 'Type of the event, such as `api_key.created`.' })
  readonly eventType!: string;

  @Field(() => Date, { description: 'Time of the event.' })
  readonly createdAt!: Date;

  @Field(() => WebhookDeliveryStatus, { description: 'State of the delivery.' })
  readonly status!: WebhookDeliveryStatus;

  @Field(() => Int, { description: 'Number of attempts since the event was last queued, including a running attempt.' })
  readonly attempts!: number;

  @Field(() => Date, { nullable: true, description: 'Time at which the last attempt began. Null if there was no attempt.' })
  readonly lastAttemptAt!: Date | null;

  @Field(() => Date, {
    nullable: true,
    description:
      'Time from which the next attempt can begin. While an attempt is running, the time from which another process repeats it. Null if there is no further attempt.',
  })
  readonly nextAttemptAt!: Date | null;

  @Field(() => Int, { nullable: true, description: 'HTTP status of the last attempt. Null if there was no HTTP response.' })
  readonly lastStatusCode!: number | null;

  @Field(() => String, { nullable: true, description: 'Why the last attempt failed. Null if it succeeded or there was no attempt.' })
  readonly lastError!: string | null;
}

export const WebhookDeliveryConnection = connectionOf(WebhookDelivery, {
  name: 'WebhookDelivery',
  noun: 'delivery',
  description: 'A page of deliveries.',
  edges: 'Deliveries of the page, newest first.',
});
export type WebhookDeliveryConnection = InstanceType<typeof WebhookDeliveryConnection>;

@ObjectType({ description: 'Result of `testWebhookEndpoint`.' })
export class TestWebhookEndpointPayload {
  @Field(() => WebhookDelivery, { description: 'The queued delivery of the test event.' })
  readonly delivery!: WebhookDelivery;
}

@ObjectType({ description: 'Result of `redeliverWebhooks`.' })
export class RedeliverWebhooksPayload {
  @Field(() => Int, { description: 'Number of events that were queued.' })
  readonly queued!: number;
}
