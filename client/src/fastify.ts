import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { checkRequest, type GuardOptions, rememberKey } from './guard.js';
import type { KeywardVerifier } from './verifier.js';

export { apiKeyOf, type GuardOptions } from './guard.js';

/** The part of Fastify's request that the guard uses. */
export interface GuardedRequest {
  headers: IncomingHttpHeaders;
  ip: string;
  raw: IncomingMessage;
}

/** The part of Fastify's reply that the guard uses. */
export interface GuardedReply {
  code(status: number): unknown;
  headers(values: Record<string, string>): unknown;
  send(body: string): unknown;
}

/**
 * Returns an `onRequest` hook that accepts requests with a valid API key. Handlers read the key by `apiKeyOf(request)`.
 *
 * Fastify determines the address of the caller (`request.ip`): set its `trustProxy` behind a proxy.
 */
export function requireApiKey(verifier: KeywardVerifier, options: GuardOptions = {}) {
  return async (request: GuardedRequest, reply: GuardedReply): Promise<unknown> => {
    const { headers, ip, raw } = request;
    const result = await checkRequest(verifier, { headers, rawHeaders: raw.rawHeaders }, ip, options);
    if ('key' in result) {
      rememberKey(request, result.key);
      reply.headers(result.headers);
      return undefined;
    }
    const { status, headers: answerHeaders, body } = result.problem;
    reply.code(status);
    reply.headers(answerHeaders);
    // Fastify ends the request if the hook returns its reply.
    reply.send(body);
    return reply;
  };
}
