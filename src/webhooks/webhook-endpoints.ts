import { validate as isUuid, v7 as uuidv7 } from 'uuid';
import { AuditAction } from '../audit/audit-entry.js';
import type { AuditRecorder } from '../audit/audit-recorder.js';
import { type Actor, actorFields } from '../platform/actor.js';
import type { Clock } from '../platform/clock.js';
import type { Database, Transaction } from '../platform/database/client.js';
import type { WebhookEndpoint } from '../platform/database/generated/client.js';
import { badUserInput, KeywardError } from '../platform/errors/keyward-error.js';
import { WEBHOOK_LIMITS } from '../platform/limits.js';
import type { Logger } from '../platform/logger.js';
import type { Sealing } from '../platform/sealing.js';
import type { TargetRules } from './target-rules.js';
import { columnsOf, type WebhookEndpointSettings } from './webhook-endpoint-settings.js';
import { lockEndpoint, lockEndpoints } from './webhook-endpoints.queries.js';
import { newSecret, secretText } from './webhook-secret.js';

export type { WebhookEndpoint };

/** An endpoint with its new secret, which is returned once. */
export interface IssuedSecret {
  endpoint: WebhookEndpoint;
  secret: string;
}

interface Dependencies {
  database: Database;
  clock: Clock;
  audit: AuditRecorder;
  logger: Logger;
  sealing: Sealing;
  rules: TargetRules;
}

const DISABLED_BY_HAND = 'Disabled by a service or by the operator.';

/** Creates, changes and deletes the endpoints of webhooks. Each method throws NOT_FOUND if there is no endpoint with the id. */
export class WebhookEndpoints {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Returns all endpoints, in the order of their creation. Their number has a maximum. */
  list(): Promise<WebhookEndpoint[]> {
    return this.#deps.database.webhookEndpoint.findMany({ orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] });
  }

  /** Returns an endpoint. */
  async get(id: string): Promise<WebhookEndpoint> {
    const endpoint = isUuid(id) ? await this.#deps.database.webhookEndpoint.findUnique({ where: { id } }) : null;
    if (!endpoint) throw noSuchEndpoint();
    return endpoint;
  }

  /** Creates an endpoint. @throws {KeywardError} BAD_USER_INPUT, CONFLICT if there are too many endpoints */
  async create(settings: WebhookEndpointSettings, actor: Actor): Promise<IssuedSecret> {
    const { database, clock, rules, sealing } = this.#deps;
    const columns = columnsOf(settings, rules, { isNew: true });
    const [id, secret, now] = [uuidv7(), newSecret(), clock.now()];
    const disabled = settings.enabled === false ? { disabledAt: now, disabledReason: DISABLED_BY_HAND } : {};
    const endpoint = await database.$transaction(async (transaction) => {
      await lockEndpoints(transaction);
      if ((await transaction.webhookEndpoint.count()) >= WEBHOOK_LIMITS.endpointsMax) {
        throw new KeywardError('CONFLICT', `There can be at most ${WEBHOOK_LIMITS.endpointsMax} webhook endpoints. Delete one first.`);
      }
      const data = { ...columns, ...disabled, id, url: columns.url ?? '', sealedSecret: sealing.seal(secret, id), createdAt: now };
      const created = await transaction.webhookEndpoint.create({ data });
      await this.#record(transaction, created, AuditAction.WEBHOOK_ENDPOINT_CREATED, { eventTypes: created.eventTypes }, actor);
      return created;
    });
    this.#log(endpoint, actor, 'webhook endpoint created');
    return { endpoint, secret: secretText(secret) };
  }

  /** Updates an endpoint. Enabling it sends what is pending; see redeliver for what it missed. @throws {KeywardError} BAD_USER_INPUT */
  async update(id: string, settings: WebhookEndpointSettings, actor: Actor): Promise<WebhookEndpoint> {
    const columns = columnsOf(settings, this.#deps.rules, { isNew: false });
    return this.#change(id, actor, async (transaction, before) => {
      const { enabled } = settings;
      const isEnabled = before.disabledAt === null;
      const switched = typeof enabled === 'boolean' && enabled !== isEnabled ? enabled : null;
      const changed = [...Object.keys(columns), ...(switched === null ? [] : ['enabled'])];
      if (changed.length === 0) return { endpoint: before, logged: null };
      const data = { ...columns, ...(switched !== null && this.#switchedTo(switched)) };
      const endpoint = await transaction.webhookEndpoint.update({ where: { id: before.id }, data });
      const action = switched === false ? AuditAction.WEBHOOK_ENDPOINT_DISABLED : AuditAction.WEBHOOK_ENDPOINT_UPDATED;
      await this.#record(transaction, endpoint, action, { changed, ...(switched === false && { reason: DISABLED_BY_HAND }) }, actor);
      return { endpoint, logged: 'webhook endpoint updated' };
    });
  }

  /**
   * Disables an endpoint after the receiver at `url` answered with the status 410.
   *
   * @returns false if the endpoint has another URL by now; it is not disabled then
   */
  disableGone(id: string, url: string, reason: string, actor: Actor): Promise<boolean> {
    return this.#disableIf((endpoint) => endpoint.url === url, { id, reason, actor });
  }

  /** Disables an endpoint if all attempts have failed since a time. An attempt that succeeded meanwhile keeps it enabled. */
  async disableFailing(id: string, since: Date, reason: string, actor: Actor): Promise<void> {
    await this.#disableIf(({ failingSince }) => failingSince !== null && failingSince <= since, { id, reason, actor });
  }

  /** Disabling a disabled or deleted endpoint changes nothing. @returns whether the condition holds, or the endpoint was deleted */
  async #disableIf(
    isNeeded: (endpoint: WebhookEndpoint) => boolean,
    { id, reason, actor }: { id: string; reason: string; actor: Actor },
  ): Promise<boolean> {
    let needed = true;
    const change = this.#change(id, actor, async (transaction, before) => {
      needed = isNeeded(before);
      if (before.disabledAt !== null || !needed) return { endpoint: before, logged: null };
      const data = { disabledAt: this.#deps.clock.now(), disabledReason: reason };
      const endpoint = await transaction.webhookEndpoint.update({ where: { id: before.id }, data });
      await this.#record(transaction, endpoint, AuditAction.WEBHOOK_ENDPOINT_DISABLED, { reason }, actor);
      return { endpoint, logged: 'webhook endpoint disabled' };
    });
    await change.catch((error: unknown) => {
      if (!(error instanceof KeywardError && error.code === 'NOT_FOUND')) throw error;
    });
    return needed;
  }

  /** Replaces the secret. Both secrets sign during the overlap; an earlier one ends now. @throws {KeywardError} BAD_USER_INPUT */
  async rotateSecret(id: string, overlapSeconds: number, actor: Actor): Promise<IssuedSecret> {
    const { overlapSecondsMax } = WEBHOOK_LIMITS;
    if (!(Number.isInteger(overlapSeconds) && overlapSeconds >= 0 && overlapSeconds <= overlapSecondsMax)) {
      throw badUserInput([{ path: 'overlapSeconds', message: `must be from 0 to ${overlapSecondsMax}` }]);
    }
    const secret = newSecret();
    const endpoint = await this.#change(id, actor, async (transaction, before) => {
      const hasOverlap = overlapSeconds > 0;
      const previousSecretExpiresAt = hasOverlap ? new Date(this.#deps.clock.now().getTime() + overlapSeconds * 1_000) : null;
      const rotated = await transaction.webhookEndpoint.update({
        where: { id: before.id },
        data: {
          sealedSecret: this.#deps.sealing.seal(secret, before.id),
          previousSealedSecret: hasOverlap ? before.sealedSecret : null,
          previousSecretExpiresAt,
        },
      });
      await this.#record(transaction, rotated, AuditAction.WEBHOOK_SECRET_ROTATED, { previousSecretExpiresAt }, actor);
      return { endpoint: rotated, logged: 'webhook secret rotated' };
    });
    return { endpoint, secret: secretText(secret) };
  }

  /** Deletes an endpoint, and returns it. Its deliveries are no longer sent, and are removed later. */
  delete(id: string, actor: Actor): Promise<WebhookEndpoint> {
    return this.#change(id, actor, async (transaction, before) => {
      await transaction.webhookEndpoint.delete({ where: { id: before.id } });
      await this.#record(transaction, before, AuditAction.WEBHOOK_ENDPOINT_DELETED, {}, actor);
      return { endpoint: before, logged: 'webhook endpoint deleted' };
    });
  }

  #switchedTo(enabled: boolean) {
    return enabled
      ? { disabledAt: null, disabledReason: null, failingSince: null }
      : { disabledAt: this.#deps.clock.now(), disabledReason: DISABLED_BY_HAND };
  }

  async #change(
    id: string,
    actor: Actor,
    change: (transaction: Transaction, before: WebhookEndpoint) => Promise<{ endpoint: WebhookEndpoint; logged: string | null }>,
  ): Promise<WebhookEndpoint> {
    if (!isUuid(id)) throw noSuchEndpoint();
    const { endpoint, logged } = await this.#deps.database.$transaction(async (transaction) => {
      await lockEndpoint(transaction, id);
      const before = await transaction.webhookEndpoint.findUnique({ where: { id } });
      if (!before) throw noSuchEndpoint();
      return change(transaction, before);
    });
    if (logged !== null) this.#log(endpoint, actor, logged);
    return endpoint;
  }

  /** The URL may contain a secret, so it is neither recorded nor logged. */
  #record(transaction: Transaction, { id }: WebhookEndpoint, action: AuditAction, details: object, actor: Actor): Promise<void> {
    return this.#deps.audit.record(transaction, { userId: null, action, details: { webhookEndpointId: id, ...details } }, actor);
  }

  #log({ id, disabledReason }: WebhookEndpoint, actor: Actor, message: string): void {
    this.#deps.logger.info({ ...actorFields(actor), webhookEndpointId: id, ...(disabledReason && { disabledReason }) }, message);
  }
}

const noSuchEndpoint = () => new KeywardError('NOT_FOUND', 'There is no webhook endpoint with this ID.');
