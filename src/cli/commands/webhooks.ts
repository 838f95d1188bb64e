import { InvalidArgumentError } from 'commander';
import { OPERATOR } from '../../platform/actor.js';
import { PAGE_ITEMS_MAX } from '../../platform/pagination.js';
import { type Delivery, WebhookDeliveryStatus } from '../../webhooks/delivery.js';
import type { WebhookDeliveries } from '../../webhooks/webhook-deliveries.js';
import type { IssuedSecret, WebhookEndpoint } from '../../webhooks/webhook-endpoints.js';
import { readList, readSeconds, readTime } from '../argument-readers.js';
import type { KeywardCommand } from '../keyward-command.js';
import type { OutputRecord } from '../output.js';

const OVERLAP_SECONDS = 86_400;

/** ID in the examples. */
const ID = '01a20538-5745-77c0-8216-711042d53509';

/** An empty text is an empty list. */
const readTypes = (text: string): string[] => (text === '' ? [] : readList(text));

function readStatus(text: string): WebhookDeliveryStatus {
  const status = Object.values(WebhookDeliveryStatus).find((known) => known === text.toUpperCase());
  if (!status) throw new InvalidArgumentError('It must be pending, delivered or failed.');
  return status;
}

/** Returns the fields of an endpoint to print. They contain no signing secret. */
const recordOf = ({ id, url, description, eventTypes, createdAt, disabledAt, disabledReason }: WebhookEndpoint): OutputRecord => ({
  id,
  url,
  description,
  eventTypes,
  createdAt,
  disabledAt,
  disabledReason,
});

/** Returns the fields of a new secret to print. It is shown once. */
const issuedRecord = ({ endpoint, secret }: IssuedSecret): OutputRecord => ({ ...recordOf(endpoint), secret });

const deliveryRecord = (delivery: Delivery): OutputRecord => ({
  id: delivery.id,
  eventId: delivery.eventId,
  eventType: delivery.eventType,
  createdAt: delivery.createdAt,
  status: delivery.status,
  attempts: delivery.attempts,
  lastAttemptAt: delivery.lastAttemptAt,
  nextAttemptAt: delivery.nextAttemptAt,
  lastStatusCode: delivery.lastStatusCode,
  lastError: delivery.lastError,
});

async function* allDeliveries(
  deliveries: WebhookDeliveries,
  id: string,
  status: WebhookDeliveryStatus | null,
): AsyncGenerator<OutputRecord> {
  for (let after: string | null = null; ; ) {
    const { edges, pageInfo }: Awaited<ReturnType<WebhookDeliveries['page']>> = await deliveries.page(
      id,
      { first: PAGE_ITEMS_MAX, after },
      status,
    );
    for (const { node } of edges) yield deliveryRecord(node);
    if (!pageInfo.hasNextPage) return;
    after = pageInfo.endCursor;
  }
}

function addEndpointCommands(group: KeywardCommand): void {
  group
    .command('create')
    .description('Creates a webhook endpoint, and prints its signing secret once. It receives the events from now on.')
    .argument('<url>', 'URL to which the events are sent.')
    .option('--description <text>', 'Note about the endpoint.')
    .option('--event-types <list>', 'Comma-separated types of the events to send. The default is all types.', readTypes)
    .example('keyward webhooks create https://app.example.com/webhooks --event-types api_key.expiring,api_key.expired')
    .prints<{ description?: string; eventTypes?: string[] }>(async ({ services }, { args: [url = ''], options }) => {
      const { description, eventTypes } = options;
      const settings = { url, ...(description !== undefined && { description }), ...(eventTypes && { eventTypes }) };
      return issuedRecord(await services.webhookEndpoints.create(settings, OPERATOR));
    });
  group
    .command('list')
    .description('Lists all webhook endpoints.')
    .example('keyward webhooks list --json')
    .prints(async ({ services }) => (await services.webhookEndpoints.list()).map(recordOf));
  group
    .command('update')
    .description('Changes the URL, the note or the event types of a webhook endpoint.')
    .argument('<id>', 'ID of the endpoint.')
    .option('--url <url>', 'URL to which the events are sent.')
    .option('--description <text>', 'Note about the endpoint.')
    .option('--event-types <list>', 'Comma-separated types of the events to send. An empty list stands for all types.', readTypes)
    .example(`keyward webhooks update ${ID} --url https://app.example.com/hooks`)
    .prints<{ url?: string; description?: string; eventTypes?: string[] }>(async ({ services }, { args: [id = ''], options }) => {
      const { url, description, eventTypes } = options;
      const settings = {
        ...(url !== undefined && { url }),
        ...(description !== undefined && { description }),
        ...(eventTypes && { eventTypes }),
      };
      return recordOf(await services.webhookEndpoints.update(id, settings, OPERATOR));
    });
  for (const enabled of [true, false]) {
    group
      .command(enabled ? 'enable' : 'disable')
      .description(
        enabled
          ? 'Enables a webhook endpoint. What was pending is sent; `redeliver` sends what it missed.'
          : 'Disables a webhook endpoint. Nothing is sent to it.',
      )
      .argument('<id>', 'ID of the endpoint.')
      .example(`keyward webhooks ${enabled ? 'enable' : 'disable'} ${ID}`)
      .prints(async ({ services }, { args: [id = ''] }) => recordOf(await services.webhookEndpoints.update(id, { enabled }, OPERATOR)));
  }
  group
    .command('delete')
    .description('Deletes a webhook endpoint with its deliveries.')
    .argument('<id>', 'ID of the endpoint.')
    .example(`keyward webhooks delete ${ID}`)
    .prints(async ({ services }, { args: [id = ''] }) => recordOf(await services.webhookEndpoints.delete(id, OPERATOR)));
}

function addDeliveryCommands(group: KeywardCommand): void {
  group
    .command('rotate-secret')
    .description('Replaces the signing secret of a webhook endpoint, and prints the new one once. Both sign during the overlap.')
    .argument('<id>', 'ID of the endpoint.')
    .option(
      '--overlap <seconds>',
      `Time for which the old secret also signs, 0 for none. The default is ${OVERLAP_SECONDS}, one day.`,
      readSeconds,
    )
    .example(`keyward webhooks rotate-secret ${ID} --overlap 3600`)
    .prints<{ overlap?: number }>(async ({ services }, { args: [id = ''], options: { overlap = OVERLAP_SECONDS } }) =>
      issuedRecord(await services.webhookEndpoints.rotateSecret(id, overlap, OPERATOR)),
    );
  group
    .command('test')
    .description('Queues a test event for a webhook endpoint. A running server sends it.')
    .argument('<id>', 'ID of the endpoint.')
    .example(`keyward webhooks test ${ID}`)
    .prints(async ({ services }, { args: [id = ''] }) => deliveryRecord(await services.webhookDeliveries.test(id, OPERATOR)));
  group
    .command('deliveries')
    .description('Lists the deliveries of a webhook endpoint, newest first.')
    .argument('<id>', 'ID of the endpoint.')
    .option('--status <status>', 'Lists only deliveries that are pending, delivered or failed.', readStatus)
    .example(`keyward webhooks deliveries ${ID} --status failed`)
    .prints<{ status?: WebhookDeliveryStatus }>(async ({ services }, { args: [id = ''], options: { status = null } }) => {
      const { id: endpointId } = await services.webhookEndpoints.get(id);
      return allDeliveries(services.webhookDeliveries, endpointId, status);
    });
  group
    .command('redeliver')
    .description('Queues the events that a webhook endpoint did not receive, also those while it was disabled. Prints their number.')
    .argument('<id>', 'ID of the endpoint.')
    .requiredOption('--since <time>', 'Time from which on the events happened, like 2027-01-31T12:00:00Z.', readTime)
    .option('--include-delivered', 'Queues also the events that the endpoint received.')
    .example(`keyward webhooks redeliver ${ID} --since 2027-01-31T12:00:00Z`)
    .prints<{ since: Date; includeDelivered?: true }>(
      async ({ services }, { args: [id = ''], options: { since, includeDelivered = false } }) => ({
        queued: await services.webhookDeliveries.redeliver(id, since, includeDelivered, OPERATOR),
      }),
    );
}

/** Adds `keyward webhooks`. */
export function addWebhooksCommands(program: KeywardCommand): void {
  const group = program
    .command('webhooks')
    .description('Manages the URLs to which events about users and keys are sent.')
    .example('keyward webhooks create https://app.example.com/webhooks');
  addEndpointCommands(group);
  addDeliveryCommands(group);
}
