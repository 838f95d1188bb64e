import { ActingClient } from './acting-client.js';
import {
  type ApiKeyFilter,
  ApiKeysDocument,
  type ApiKeysQueryVariables,
  AuditLogDocument,
  type AuditLogQueryVariables,
  CreatePolicyDocument,
  CreatePortalSessionDocument,
  type CreatePortalSessionInput,
  CreateWebhookEndpointDocument,
  DeletePolicyDocument,
  DeleteUserDocument,
  DeleteWebhookEndpointDocument,
  DisableUserDocument,
  EnableUserDocument,
  EndPortalSessionDocument,
  FindApiKeyDocument,
  ImportApiKeysDocument,
  type ImportApiKeysInput,
  PoliciesDocument,
  type PolicyInput,
  RedeliverWebhooksDocument,
  type RedeliverWebhooksMutationVariables,
  RevokeApiKeysDocument,
  RotateWebhookSecretDocument,
  TestWebhookEndpointDocument,
  UpdatePolicyDocument,
  UpdateWebhookEndpointDocument,
  UpsertUserDocument,
  type UpsertUserInput,
  UserDocument,
  UsersDocument,
  type UsersQueryVariables,
  WebhookDeliveriesDocument,
  type WebhookDeliveriesQueryVariables,
  type WebhookEndpointInput,
  WebhookEndpointsDocument,
} from './generated.js';
import { type ActingFor, GraphqlClient, type ManagementOptions, type Operation, onlyField } from './graphql-client.js';

/** Whether an operation only returns what it would change. */
export interface DryRun {
  dryRun?: boolean;
}

/** Settings of a new webhook endpoint. */
export type CreateWebhookEndpointInput = WebhookEndpointInput & { url: string };

/** Which deliveries of a webhook endpoint to return, and the page. */
export type WebhookDeliveriesPage = Omit<WebhookDeliveriesQueryVariables, 'endpointId'>;

/** Which events to send again to a webhook endpoint. */
export type Redelivery = Omit<RedeliverWebhooksMutationVariables, 'endpointId'>;

/**
 * Manages users, keys, policies and webhooks with a service token. Each method is one operation of Keyward, needs the permission that Keyward's
 * documentation names, and throws a `KeywardError` if Keyward rejects it or does not answer.
 */
export class KeywardManagement {
  readonly #client: GraphqlClient;

  constructor(options: ManagementOptions) {
    this.#client = new GraphqlClient(options);
  }

  /** Returns the operations of one user of your product. Check first that your session belongs to this user. */
  actingFor(user: ActingFor): ActingClient {
    return new ActingClient(this.#client, user);
  }

  /** Sends an operation of your own. */
  request<Result, Variables>(operation: Operation<Result, Variables>, variables: Variables): Promise<Result> {
    return this.#client.request(operation, variables);
  }

  /** Closes the connections to Keyward. */
  close(): void {
    this.#client.close();
  }

  /** Opens short-lived access to the keys of one user, for a page of your product (`users:act`). Creates the user if needed. */
  async createPortalSession(input: CreatePortalSessionInput) {
    return onlyField(await this.request(CreatePortalSessionDocument, { input }));
  }

  /** Ends a portal session, with effect from its next request (`users:act`). */
  async endPortalSession(id: string) {
    return onlyField(await this.request(EndPortalSessionDocument, { id }));
  }

  /** Returns a page of all users, newest first (`users:read`). */
  async users(page: UsersQueryVariables = {}) {
    return onlyField(await this.request(UsersDocument, page));
  }

  /** Returns a user by one of the two IDs (`users:read`). */
  async user(by: { id: string } | { externalId: string }) {
    return onlyField(await this.request(UserDocument, by));
  }

  /** Creates a user, or changes the fields that are given (`users:write`). */
  async upsertUser(input: UpsertUserInput) {
    return onlyField(await this.request(UpsertUserDocument, { input }));
  }

  /** Disables a user. The next verification rejects the keys of the user (`users:write`). */
  async disableUser(id: string) {
    return onlyField(await this.request(DisableUserDocument, { id }));
  }

  /** Enables a user again (`users:write`). */
  async enableUser(id: string) {
    return onlyField(await this.request(EnableUserDocument, { id }));
  }

  /** Deletes a user with all keys (`users:write`). */
  async deleteUser(id: string) {
    return onlyField(await this.request(DeleteUserDocument, { id }));
  }

  /** Returns a page of the keys of all users, newest first (`keys:read`). */
  async apiKeys(page: ApiKeysQueryVariables = {}) {
    return onlyField(await this.request(ApiKeysDocument, page));
  }

  /** Returns the key with a key prefix or a plaintext key (`keys:read`). */
  async findApiKey(key: string) {
    return onlyField(await this.request(FindApiKeyDocument, { key }));
  }

  /** Revokes every usable key that a filter selects (`keys:write`). Repeat the call while `complete` is false. */
  async revokeApiKeys(filter: ApiKeyFilter, { reason, dryRun = false }: DryRun & { reason?: string } = {}) {
    return onlyField(await this.request(RevokeApiKeysDocument, { filter, reason, dryRun }));
  }

  /** Imports up to 100 keys of another system by their hashes (`keys:write`). Each key has an outcome of its own. */
  async importApiKeys(input: ImportApiKeysInput) {
    return onlyField(await this.request(ImportApiKeysDocument, { input }));
  }

  /** Returns all policies (any service token). */
  async policies() {
    return onlyField(await this.request(PoliciesDocument, {}));
  }

  /** Creates a policy (`policies:write`). With `dryRun`, it returns which keys the policy would limit, and changes nothing. */
  async createPolicy(input: PolicyInput, { dryRun = false }: DryRun = {}) {
    return onlyField(await this.request(CreatePolicyDocument, { input, dryRun }));
  }

  /** Changes a policy, with effect from the next verification (`policies:write`). Omitted fields do not change. */
  async updatePolicy(id: string, input: PolicyInput, { dryRun = false }: DryRun = {}) {
    return onlyField(await this.request(UpdatePolicyDocument, { id, input, dryRun }));
  }

  /** Deletes a policy (`policies:write`). CONFLICT while users have it. */
  async deletePolicy(id: string) {
    return onlyField(await this.request(DeletePolicyDocument, { id }));
  }

  /** Returns a page of the audit log of all users, newest first (`audit:read`). */
  async auditLog(page: AuditLogQueryVariables = {}) {
    return onlyField(await this.request(AuditLogDocument, page));
  }
  /** Returns all webhook endpoints, in the order of their creation (`webhooks:manage`). */
  async webhookEndpoints() {
    return onlyField(await this.request(WebhookEndpointsDocument, {}));
  }

  /** Creates a webhook endpoint (`webhooks:manage`). The signing secret is in this answer only. */
  async createWebhookEndpoint(input: CreateWebhookEndpointInput) {
    return onlyField(await this.request(CreateWebhookEndpointDocument, { input }));
  }

  /** Changes, disables or enables a webhook endpoint (`webhooks:manage`). Omitted fields do not change. */
  async updateWebhookEndpoint(id: string, input: WebhookEndpointInput) {
    return onlyField(await this.request(UpdateWebhookEndpointDocument, { id, input }));
  }

  /** Deletes a webhook endpoint with its deliveries (`webhooks:manage`). Pending events are not sent. */
  async deleteWebhookEndpoint(id: string) {
    return onlyField(await this.request(DeleteWebhookEndpointDocument, { id }));
  }

  /** Replaces the signing secret (`webhooks:manage`). Both secrets sign for a day, or for `overlapSeconds`. */
  async rotateWebhookSecret(id: string, options: { overlapSeconds?: number } = {}) {
    return onlyField(await this.request(RotateWebhookSecretDocument, { id, ...options }));
  }

  /** Sends a `webhook.test` event to a webhook endpoint (`webhooks:manage`). Returns the delivery while it is pending. */
  async testWebhookEndpoint(id: string) {
    return onlyField(await this.request(TestWebhookEndpointDocument, { id }));
  }

  /** Returns a page of the deliveries of a webhook endpoint, newest first (`webhooks:manage`). */
  async webhookDeliveries(endpointId: string, page: WebhookDeliveriesPage = {}) {
    return onlyField(await this.request(WebhookDeliveriesDocument, { endpointId, ...page }));
  }

  /** Sends the events since a time that a webhook endpoint did not receive (`webhooks:manage`). Returns their number. */
  async redeliverWebhooks(endpointId: string, events: Redelivery) {
    return onlyField(await this.request(RedeliverWebhooksDocument, { endpointId, ...events }));
  }
}
