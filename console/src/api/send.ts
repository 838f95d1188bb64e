import type { TypedDocumentString } from '../gql/graphql';
import { type GraphQLError, NO_ANSWER, type Problem, problemOf } from './problem';

/** The answer to a request. It has both if the server answered a part of it. */
export interface Answer<Data> {
  data: Data | undefined;
  problem: Problem | undefined;
}

export interface SendOptions {
  headers?: Record<string, string>;
  /** The request continues if the page is left. */
  keepalive?: boolean;
  signal?: AbortSignal;
}

const HEADERS = { 'content-type': 'application/json', accept: 'application/graphql-response+json, application/json' };

/** Sends an operation, and returns its answer or what went wrong. Always by POST, because URLs with variables end up in logs. */
export async function send<Data, Variables>(
  url: string,
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  { headers, ...options }: SendOptions = {},
): Promise<Answer<Data>> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...HEADERS, ...headers },
      body: JSON.stringify({ query: `${document}`, variables }),
      ...options,
    });
    const { data, errors } = (await response.json()) as { data?: Data | null; errors?: GraphQLError[] };
    if (data || errors) return { data: data ?? undefined, problem: problemOf(errors ?? []) };
  } catch {
    // The server was not reached, or something in between answered instead of it.
  }
  return { data: undefined, problem: NO_ANSWER };
}
