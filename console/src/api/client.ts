import { type Client, type CombinedError, cacheExchange, createClient, fetchExchange, mapExchange } from '@urql/core';
import { authExchange } from '@urql/exchange-auth';
import { type Problem, problemOf } from './problem';

const reportTo = (onProblem: (problem: Problem) => void) => (error: CombinedError) => {
  const problem = problemOf(error);
  if (problem) onProblem(problem);
};

/** Where the access token comes from: the session of the console, or the page that embeds the element. */
export interface TokenSource {
  token(): string | undefined;
  /** Gets a new token after the current one was rejected. Resolves after the attempt, whether or not there is a new token. */
  renew(): Promise<void>;
}

// urql prefers GET by default. Keyward rejects GET, because URLs with variables end up in logs.
const POST_ONLY = { preferGetMethod: false } as const;

/** Creates a client without a credential, for operations that begin or end a session. */
export const createPublicClient = (url: string): Client => createClient({ url, exchanges: [fetchExchange], ...POST_ONLY });

/**
 * Creates a client that sends the token, and renews it once when several requests are rejected at the same time.
 *
 * @param onProblem is called with the problem of each request that failed in the end
 */
export function createApiClient(url: string, source: TokenSource, onProblem?: (problem: Problem) => void): Client {
  const auth = authExchange(async (utils) => ({
    addAuthToOperation(operation) {
      const token = source.token();
      return token === undefined ? operation : utils.appendHeaders(operation, { authorization: `Bearer ${token}` });
    },
    didAuthError: (error) => error.graphQLErrors.some(({ extensions }) => extensions.code === 'UNAUTHENTICATED'),
    willAuthError: () => source.token() === undefined,
    refreshAuth: () => source.renew(),
  }));
  return createClient({
    url,
    exchanges: [cacheExchange, ...(onProblem ? [mapExchange({ onError: reportTo(onProblem) })] : []), auth, fetchExchange],
    requestPolicy: 'cache-and-network',
    ...POST_ONLY,
  });
}
