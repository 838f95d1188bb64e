import {
  ApiKeyDocument,
  CreateApiKeyDocument,
  type CreateApiKeyInput,
  MeDocument,
  MyApiKeyHistoryDocument,
  MyApiKeysDocument,
  MyAuditLogDocument,
  type MyAuditLogQueryVariables,
  MyKeyPolicyDocument,
  RevokeApiKeyDocument,
  RotateApiKeyDocument,
  type RotateApiKeyInput,
  UpdateApiKeyDocument,
  type UpdateApiKeyInput,
} from './generated.js';
import { type ActingFor, type GraphqlClient, type Operation, onlyField } from './graphql-client.js';

/** A request that can be repeated for 24 hours without creating a second key. */
export interface Repeatable {
  /** 1 to 255 visible ASCII characters, such as a UUID. */
  idempotencyKey?: string | undefined;
}

/** A page of a list. */
export interface PageArguments {
  first?: number;
  after?: string | null;
}

/** The operations of one user, sent by a service with the permission `users:act`. */
export class ActingClient {
  readonly #client: GraphqlClient;
  readonly #acting: ActingFor;

  constructor(client: GraphqlClient, acting: ActingFor) {
    this.#client = client;
    this.#acting = acting;
  }

  /** Sends an operation of your own for the user. */
  request<Result, Variables>(operation: Operation<Result, Variables>, variables: Variables): Promise<Result> {
    return this.#client.request(operation, variables, this.#acting);
  }

  /** Returns the user. NOT_FOUND if Keyward does not know the user yet. */
  async me() {
    return onlyField(await this.request(MeDocument, {}));
  }

  /** Returns the usable keys of the user, newest first. */
  async myApiKeys() {
    return onlyField(await this.request(MyApiKeysDocument, {}));
  }

  /** Returns the limits that apply to the keys of the user now, and the number of the keys. */
  async myKeyPolicy() {
    return onlyField(await this.request(MyKeyPolicyDocument, {}));
  }

  /** Returns a key of the user. NOT_FOUND if it does not exist, FORBIDDEN if it belongs to another user. */
  async apiKey(id: string) {
    return onlyField(await this.request(ApiKeyDocument, { id }));
  }

  /** Returns a page of the revoked and expired keys of the user. */
  async myApiKeyHistory(page: PageArguments = {}) {
    return onlyField(await this.request(MyApiKeyHistoryDocument, page));
  }

  /** Creates a key, and the user if Keyward does not know the user yet. The plaintext is in this answer only. */
  async createApiKey(input: CreateApiKeyInput = {}, { idempotencyKey }: Repeatable = {}) {
    return onlyField(await this.request(CreateApiKeyDocument, { input, idempotencyKey }));
  }

  /** Changes settings of a key, with effect from the next verification. Omitted fields do not change. */
  async updateApiKey(id: string, input: UpdateApiKeyInput) {
    return onlyField(await this.request(UpdateApiKeyDocument, { id, input }));
  }

  /** Creates a successor of a key. Both are valid until the grace period ends. */
  async rotateApiKey(id: string, input?: RotateApiKeyInput, { idempotencyKey }: Repeatable = {}) {
    return onlyField(await this.request(RotateApiKeyDocument, { id, input, idempotencyKey }));
  }

  /** Revokes a key. The next verification rejects it. */
  async revokeApiKey(id: string, reason?: string) {
    return onlyField(await this.request(RevokeApiKeyDocument, { id, reason }));
  }

  /** Returns a page of the audit log of the user, newest first. */
  async myAuditLog(page: MyAuditLogQueryVariables = {}) {
    return onlyField(await this.request(MyAuditLogDocument, page));
  }
}
