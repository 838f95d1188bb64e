import { KeywardError, type KeywardErrorDetails } from './keyward-error.js';
import { type Reply, Transport, type TransportOptions } from './transport.js';
import type { TypedDocument } from './typed-document.js';
import { KeywardUnavailableError, retryAfterOf } from './unavailable-error.js';
import { parseObject } from './verification.js';

/** A GraphQL document: of this package, of GraphQL Code Generator with `documentMode: string`, or a text. */
export type Operation<Result, Variables> =
  | TypedDocument<Result, Variables>
  | { toString(): string; __apiType?: (variables: Variables) => Result };

export type ManagementOptions = TransportOptions & {
  /** A service token (`svc_…`). Only your backend may have it. */
  serviceToken: string;
};

/** A user of your product that the service acts for. */
export interface ActingFor {
  /** Your ID of the user. It must never change, and never belong to another user. */
  externalId: string;
  /** Who asked for it, if it is not the user: your ID of that person. The audit log and `createdBy` of a new key show it. */
  actor?: string | undefined;
  /** Address of that person, for the audit log. */
  clientAddress?: string | undefined;
}

const EXTENSIONS: readonly (keyof KeywardErrorDetails)[] = [
  'fields',
  'retryAfterSeconds',
  'requiredPermission',
  'apiKeyId',
  'limit',
  'requestId',
];

/** Returns the headers that name the user. They are percent-encoded, so an ID can contain any character. */
function headersOf({ externalId, actor, clientAddress }: ActingFor): Record<string, string> {
  return {
    'x-keyward-on-behalf-of': encodeURIComponent(externalId),
    ...(actor !== undefined && { 'x-keyward-actor': encodeURIComponent(actor) }),
    ...(clientAddress !== undefined && { 'x-keyward-client-address': clientAddress.replace(/%.*$/, '') }),
  };
}

const unavailable = ({ message, reason, retryAfterSeconds }: KeywardUnavailableError): KeywardError =>
  new KeywardError('SERVICE_UNAVAILABLE', message, { reason, retryAfterSeconds });

/** Returns the error of an answer: its first one. */
function errorOf(error: unknown, { headers }: Reply): KeywardError {
  const { message, extensions } = (error ?? {}) as { message?: unknown; extensions?: Record<string, unknown> };
  const details = Object.fromEntries(EXTENSIONS.flatMap((name) => (extensions?.[name] === undefined ? [] : [[name, extensions[name]]])));
  const retryAfterSeconds = retryAfterOf(headers['retry-after']);
  if (details.retryAfterSeconds === undefined && retryAfterSeconds !== null) details.retryAfterSeconds = retryAfterSeconds;
  if (extensions?.code === 'SERVICE_UNAVAILABLE') details.reason = 'unavailable';
  const requestId = headers['x-request-id'];
  if (details.requestId === undefined && typeof requestId === 'string') details.requestId = requestId;
  return new KeywardError(String(extensions?.code ?? 'INTERNAL_SERVER_ERROR'), String(message ?? 'The operation failed.'), details);
}

/** Sends operations with a service token. Each request is new, and has no header of a client. */
export class GraphqlClient {
  readonly #transport: Transport;
  readonly #authorization: string;

  constructor({ serviceToken, ...options }: ManagementOptions) {
    if (!/^[\x21-\x7e]+$/.test(serviceToken ?? '')) throw new TypeError('The `serviceToken` is required, in visible ASCII characters.');
    this.#transport = new Transport({ timeoutMs: 10_000, ...options });
    this.#authorization = `Bearer ${serviceToken}`;
  }

  /** @throws {KeywardError} */
  async request<Result, Variables>(operation: Operation<Result, Variables>, variables: Variables, acting?: ActingFor): Promise<Result> {
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json',
      authorization: this.#authorization,
      ...(acting && headersOf(acting)),
    };
    const body = JSON.stringify({ query: String(operation), variables });
    const reply = await this.#transport.send({ method: 'POST', path: 'graphql', headers, body }).catch((error: KeywardUnavailableError) => {
      throw unavailable(error);
    });
    const answer = parseObject(reply.body);
    if (Array.isArray(answer?.errors) && answer.errors.length > 0) throw errorOf(answer.errors[0], reply);
    if (reply.status !== 200 || typeof answer?.data !== 'object' || answer.data === null) {
      throw unavailable(new KeywardUnavailableError('unexpected response'));
    }
    // The server answered the document that the types belong to.
    return answer.data as Result;
  }

  close(): void {
    this.#transport.close();
  }
}

/** Returns the only field of the result of an operation with one root field. */
export function onlyField<Result extends object>(result: Result): Result[keyof Result] {
  // Each operation of this package has one root field.
  return Object.values(result)[0] as Result[keyof Result];
}
