import type { TypedDocumentString } from '../gql/graphql';
import type { Problem } from './problem';
import { Query } from './query';
import { type Answer, type SendOptions, send } from './send';

/** Where the access token comes from: the session of the console, or the page that embeds the element. */
export interface TokenSource {
  token(): string | undefined;
  /** Gets a new token after the current one was rejected. Resolves after the attempt, whether or not there is a new token. */
  renew(): Promise<void>;
}

/** Maximum number of answers that are kept although nothing shows them. */
const KEPT_MAX = 50;

/** Sends operations with a token, and keeps the answers of queries in memory. */
export class ApiClient {
  readonly #url: string;
  readonly #source: TokenSource;
  readonly #onProblem: (problem: Problem) => void;
  readonly #queries = new Map<string, Query<unknown>>();

  /** @param onProblem is called with the problem of each request that failed in the end */
  constructor(url: string, source: TokenSource, onProblem: (problem: Problem) => void = () => undefined) {
    this.#url = url;
    this.#source = source;
    this.#onProblem = onProblem;
  }

  /** Sends an operation. A request is repeated once if its token was rejected, with a new token. Neither reads nor changes what is kept. */
  async request<Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    variables: Variables,
    options: SendOptions = {},
  ): Promise<Answer<Data>> {
    const attempt = (token: string | undefined) =>
      send(this.#url, document, variables, {
        ...options,
        headers: { ...options.headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      });
    const token = await this.#tokenOtherThan(undefined);
    let answer = await attempt(token);
    if (answer.problem?.code === 'UNAUTHENTICATED') answer = await attempt(await this.#tokenOtherThan(token));
    if (answer.problem && !options.signal?.aborted) this.#onProblem(answer.problem);
    return answer;
  }

  /** Sends a mutation. Then reads every query again that is shown: the mutation may have taken effect even if it failed. */
  async mutate<Data, Variables>(document: TypedDocumentString<Data, Variables>, variables: Variables): Promise<Answer<Data>> {
    const answer = await this.request(document, variables);
    this.refresh();
    return answer;
  }

  /** Returns the query of a document with its variables, the same one until it is forgotten. */
  query<Data, Variables>(document: TypedDocumentString<Data, Variables>, variables: Variables): Query<Data> {
    const key = `${document} ${JSON.stringify(variables)}`;
    let query = this.#queries.get(key) as Query<Data> | undefined;
    if (!query) {
      this.#forgetOldest();
      query = new Query((signal) => this.request(document, variables, { signal }));
      this.#queries.set(key, query);
    }
    return query;
  }

  /** Reads every query again that is shown, and forgets the answers of all others. */
  refresh(): void {
    for (const query of this.#queries.values()) query.refresh();
  }

  #forgetOldest(): void {
    for (const [key, query] of this.#queries) {
      if (this.#queries.size < KEPT_MAX) return;
      if (!query.isObserved) this.#queries.delete(key);
    }
  }

  /** Returns a token other than the rejected one. Requests that need one at the same time share the renewal of the source. */
  async #tokenOtherThan(rejected: string | undefined): Promise<string | undefined> {
    const token = this.#source.token();
    if (token !== undefined && token !== rejected) return token;
    await this.#source.renew();
    return this.#source.token();
  }
}
