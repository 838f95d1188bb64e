import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkRequest, type GuardOptions, rememberKey } from './guard.js';
import type { KeywardVerifier } from './verifier.js';

export { apiKeyOf, type GuardOptions } from './guard.js';

/** A request of Express, Connect or `node:http`. */
export type GuardedRequest = IncomingMessage & { ip?: string | undefined };

/**
 * Returns a middleware that accepts requests with a valid API key. Handlers read the key by `apiKeyOf(request)`.
 *
 * Express determines the address of the caller (`request.ip`): set its `trust proxy` behind a proxy.
 */
export function requireApiKey(verifier: KeywardVerifier, options: GuardOptions = {}) {
  return async (request: GuardedRequest, response: ServerResponse, next: (error?: unknown) => void): Promise<void> => {
    const result = await checkRequest(verifier, request, request.ip ?? request.socket.remoteAddress, options).catch(next);
    if (result === undefined) return;
    const { headers } = 'key' in result ? result : result.problem;
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if ('problem' in result) {
      response.statusCode = result.problem.status;
      response.end(result.problem.body);
      return;
    }
    rememberKey(request, result.key);
    next();
  };
}
