import { type Actor, actorFields, nameOf } from '../platform/actor.js';
import { type Clock, DAY_MS } from '../platform/clock.js';
import type { Database } from '../platform/database/client.js';
import type { WebhookDelivery as StoredDelivery, WebhookEndpoint } from '../platform/database/generated/client.js';
import { storableTime } from '../platform/database/storable-time.js';
import { badUserInput, KeywardError } from '../platform/errors/keyward-error.js';
import { WEBHOOK_LIMITS } from '../platform/limits.js';
import type { Logger } from '../platform/logger.js';
import type { Cursors, Page, PageRequest, Position } from '../platform/pagination.js';
import type { Delivery, WebhookDeliveryStatus } from './delivery.js';
import { countEvents, findPositionBefore, insertTestEvent, queueAgain, type Redelivery } from './webhook-deliveries.queries.js';
import type { WebhookEndpoints } from './webhook-endpoints.js';

interface Dependencies {
  database: Database;
  clock: Clock;
  cursors: Cursors;
  endpoints: WebhookEndpoints;
  logger: Logger;
}

/** The column is written by this feature alone. */
const deliveryOf = (row: StoredDelivery): Delivery => ({ ...row, status: row.status as WebhookDeliveryStatus });

/** Lists the deliveries of an endpoint, and queues further ones. Each method throws NOT_FOUND if there is no endpoint with the id. */
export class WebhookDeliveries {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Returns a page of the deliveries of an endpoint, newest first. @throws {KeywardError} BAD_USER_INPUT, like Cursors.page */
  async page(endpointId: string, request: PageRequest, status: WebhookDeliveryStatus | null): Promise<Page<Delivery>> {
    const { database, cursors, endpoints } = this.#deps;
    const { id } = await endpoints.get(endpointId);
    return cursors.page({ list: 'webhook-deliveries', ownerId: id }, request, async (after, limit) => {
      const rows = await database.webhookDelivery.findMany({
        where: { endpointId: id, ...(status && { status }), ...olderThan(after) },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: limit,
      });
      return { items: rows.map((row) => ({ node: deliveryOf(row), position: { at: row.createdAt, id: row.id } })) };
    });
  }

  /** Queues a test event. @throws {KeywardError} CONFLICT if the endpoint is disabled */
  async test(endpointId: string, actor: Actor): Promise<Delivery> {
    const { database, clock, logger } = this.#deps;
    const endpoint = await this.#enabled(endpointId);
    const id = await insertTestEvent(database, endpoint.id, { actor: nameOf(actor), at: clock.now() });
    logger.info({ ...actorFields(actor), webhookEndpointId: endpoint.id }, 'webhook test queued');
    return deliveryOf(await database.webhookDelivery.findUniqueOrThrow({ where: { id } }));
  }

  /**
   * Queues the events since a time that the endpoint did not receive, also those while it was disabled.
   *
   * @param includeDelivered whether to queue also those that it received
   * @returns the number of queued events
   * @throws {KeywardError} BAD_USER_INPUT if there are too many events, CONFLICT if the endpoint is disabled
   */
  async redeliver(endpointId: string, since: Date, includeDelivered: boolean, actor: Actor): Promise<number> {
    const { database, clock, logger } = this.#deps;
    const { id, eventTypes } = await this.#enabled(endpointId);
    const now = clock.now();
    const oldest = new Date(now.getTime() - WEBHOOK_LIMITS.keptDays * DAY_MS);
    const from = storableTime(since) ?? since;
    const redelivery: Redelivery = { endpointId: id, eventTypes, since: from < oldest ? oldest : from, includeDelivered };
    const start = await findPositionBefore(database, redelivery.since);
    await this.#checkCount(redelivery, start);
    let queued = 0;
    for (let after: bigint | null = start; after !== null; ) {
      const part = await queueAgain(database, redelivery, { after, limit: WEBHOOK_LIMITS.redeliveredAtOnce, now });
      queued += part.queued;
      after = part.last;
    }
    logger.info({ ...actorFields(actor), webhookEndpointId: id, queued }, 'webhook events queued again');
    return queued;
  }

  /** Reads the events in parts, so that no statement takes long. @throws {KeywardError} BAD_USER_INPUT if there are too many */
  async #checkCount(redelivery: Redelivery, start: bigint): Promise<void> {
    const { redeliveredMax, redeliveredAtOnce: limit, redeliveryPartsMax } = WEBHOOK_LIMITS;
    let [count, parts] = [0, 0];
    for (let after: bigint | null = start; after !== null; parts += 1) {
      if (parts === redeliveryPartsMax) throw tooMany(parts * limit, 'events of all types');
      const part = await countEvents(this.#deps.database, redelivery, { after, limit });
      count += part.count;
      if (count > redeliveredMax) throw tooMany(redeliveredMax, 'events');
      after = part.last;
    }
  }

  async #enabled(endpointId: string): Promise<WebhookEndpoint> {
    const endpoint = await this.#deps.endpoints.get(endpointId);
    if (endpoint.disabledAt !== null) throw new KeywardError('CONFLICT', 'This webhook endpoint is disabled. Enable it first.');
    return endpoint;
  }
}

const tooMany = (max: number, what: string) =>
  badUserInput([{ path: 'since', message: `must be later, because there are more than ${max} ${what} since then` }]);

const olderThan = (after: Position | null) =>
  after && { OR: [{ createdAt: { lt: after.at } }, { createdAt: after.at, id: { lt: after.id } }] };
