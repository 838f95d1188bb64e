import { Arg, ID, Int, Mutation, Query, Resolver } from 'type-graphql';
import { ForServices } from '../auth/access-middleware.js';
import { CurrentService } from '../auth/auth-context.js';
import type { ServiceCaller } from '../auth/caller.js';
import { listCost, pageCost } from '../platform/graphql/cost.js';
import { CHANGE_COST, WEBHOOK_LIMITS } from '../platform/limits.js';
import { WebhookDeliveryStatus } from './delivery.js';
import {
  CreateWebhookEndpointPayload,
  DeleteWebhookEndpointPayload,
  RedeliverWebhooksPayload,
  RotateWebhookSecretPayload,
  TestWebhookEndpointPayload,
  UpdateWebhookEndpointPayload,
  WebhookDeliveryConnection,
  WebhookEndpoint,
  WebhookEndpointInput,
} from './webhook.graphql.js';
import type { WebhookDeliveries } from './webhook-deliveries.js';
import type { WebhookEndpoints } from './webhook-endpoints.js';

/** Operations of services on the endpoints of webhooks. */
@Resolver()
export class WebhookResolver {
  readonly #services: { webhookEndpoints: WebhookEndpoints; webhookDeliveries: WebhookDeliveries };

  constructor(services: { webhookEndpoints: WebhookEndpoints; webhookDeliveries: WebhookDeliveries }) {
    this.#services = services;
  }

  @ForServices('webhooks:manage')
  @Query(() => [WebhookEndpoint], {
    description: 'All webhook endpoints, in the order of their creation. There are at most 50.',
    complexity: listCost(WEBHOOK_LIMITS.endpointsMax),
  })
  webhookEndpoints(): Promise<WebhookEndpoint[]> {
    return this.#services.webhookEndpoints.list();
  }

  @ForServices('webhooks:manage')
  @Query(() => WebhookDeliveryConnection, {
    description: 'Deliveries of a webhook endpoint, newest first. They are kept for 30 days. NOT_FOUND if the endpoint does not exist.',
    complexity: pageCost,
  })
  webhookDeliveries(
    @Arg('endpointId', () => ID, { description: 'ID of the webhook endpoint.' }) endpointId: string,
    @Arg('first', () => Int, { defaultValue: 50, description: 'Maximum number of deliveries in the page: 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'Cursor after which the page begins. Null if the page is the first one.' })
    after: string | null | undefined,
    @Arg('status', () => WebhookDeliveryStatus, {
      nullable: true,
      description: 'State of the deliveries to return. Null if all are returned.',
    })
    status: WebhookDeliveryStatus | null | undefined,
  ): Promise<WebhookDeliveryConnection> {
    return this.#services.webhookDeliveries.page(endpointId, { first, after: after ?? null }, status ?? null);
  }

  @ForServices('webhooks:manage')
  @Mutation(() => CreateWebhookEndpointPayload, {
    complexity: CHANGE_COST,
    description: 'Creates a webhook endpoint, which receives the events from now on. CONFLICT if there are 50 endpoints.',
  })
  createWebhookEndpoint(
    @Arg('input', () => WebhookEndpointInput, { description: 'Settings of the new endpoint.' }) input: WebhookEndpointInput,
    @CurrentService() { actor }: ServiceCaller,
  ): Promise<CreateWebhookEndpointPayload> {
    return this.#services.webhookEndpoints.create(input, actor);
  }

  @ForServices('webhooks:manage')
  @Mutation(() => UpdateWebhookEndpointPayload, {
    complexity: CHANGE_COST,
    description: 'Updates a webhook endpoint. If it is enabled again, what was pending is sent. NOT_FOUND if it does not exist.',
  })
  async updateWebhookEndpoint(
    @Arg('id', () => ID, { description: 'ID of the webhook endpoint to update.' }) id: string,
    @Arg('input', () => WebhookEndpointInput, { description: 'Settings to change.' }) input: WebhookEndpointInput,
    @CurrentService() { actor }: ServiceCaller,
  ): Promise<UpdateWebhookEndpointPayload> {
    return { endpoint: await this.#services.webhookEndpoints.update(id, input, actor) };
  }

  @ForServices('webhooks:manage')
  @Mutation(() => RotateWebhookSecretPayload, {
    complexity: CHANGE_COST,
    description: 'Replaces the secret of a webhook endpoint. Until the overlap ends, each request has a signature of both secrets.',
  })
  rotateWebhookSecret(
    @Arg('id', () => ID, { description: 'ID of the webhook endpoint.' }) id: string,
    @Arg('overlapSeconds', () => Int, {
      defaultValue: 86_400,
      description: 'Time in seconds for which the old secret also signs: 0 to 2592000 (30 days).',
    })
    overlapSeconds: number,
    @CurrentService() { actor }: ServiceCaller,
  ): Promise<RotateWebhookSecretPayload> {
    return this.#services.webhookEndpoints.rotateSecret(id, overlapSeconds, actor);
  }

  @ForServices('webhooks:manage')
  @Mutation(() => DeleteWebhookEndpointPayload, {
    complexity: CHANGE_COST,
    description: 'Deletes a webhook endpoint with its deliveries. What is pending is not sent.',
  })
  async deleteWebhookEndpoint(
    @Arg('id', () => ID, { description: 'ID of the webhook endpoint to delete.' }) id: string,
    @CurrentService() { actor }: ServiceCaller,
  ): Promise<DeleteWebhookEndpointPayload> {
    await this.#services.webhookEndpoints.delete(id, actor);
    return { deleted: true };
  }

  @ForServices('webhooks:manage')
  @Mutation(() => TestWebhookEndpointPayload, {
    complexity: CHANGE_COST,
    description: 'Sends one `webhook.test` event to a webhook endpoint. CONFLICT if the endpoint is disabled.',
  })
  async testWebhookEndpoint(
    @Arg('id', () => ID, { description: 'ID of the webhook endpoint.' }) id: string,
    @CurrentService() { actor }: ServiceCaller,
  ): Promise<TestWebhookEndpointPayload> {
    return { delivery: await this.#services.webhookDeliveries.test(id, actor) };
  }

  @ForServices('webhooks:manage')
  @Mutation(() => RedeliverWebhooksPayload, {
    complexity: CHANGE_COST,
    description:
      'Sends the events since a time that a webhook endpoint did not receive, also those while it was disabled. A receiver recognises a repeated event by its ID. CONFLICT if the endpoint is disabled. BAD_USER_INPUT if the endpoint selects more than 50,000 events since then, or if there are more than 2,000,000 of all types.',
  })
  async redeliverWebhooks(
    @Arg('endpointId', () => ID, { description: 'ID of the webhook endpoint.' }) endpointId: string,
    @Arg('since', () => Date, { description: 'Time from which on the events happened. Events are kept for 30 days.' }) since: Date,
    @Arg('includeDelivered', () => Boolean, {
      defaultValue: false,
      description: 'Whether to send also the events that the endpoint received.',
    })
    includeDelivered: boolean,
    @CurrentService() { actor }: ServiceCaller,
  ): Promise<RedeliverWebhooksPayload> {
    return { queued: await this.#services.webhookDeliveries.redeliver(endpointId, since, includeDelivered, actor) };
  }
}
