import { Agent, request } from 'node:http';

/** The longest duration of a request under any condition (5 s), and half a second that the busy client can add. */
export const ANSWER_MS_MAX = 5_500;

export interface Question {
  url: string;
  method?: 'GET' | 'POST';
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
}

/** The result of one request. */
export interface Reply {
  /** On the clock of `performance`. */
  sentAt: number;
  ms: number;
  /** 0 if the connection broke or the request timed out. */
  status: number;
  retryAfter: string | undefined;
  /** The parsed body, or null if it is not JSON. */
  body: unknown;
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Sends one request, and never throws. */
export function send({ url, method = 'GET', path, headers = {}, body }: Question): Promise<Reply> {
  const sentAt = performance.now();
  return new Promise((resolve) => {
    const done = (status: number, text: string, retryAfter?: string) => {
      clearTimeout(timer);
      resolve({ sentAt, ms: performance.now() - sentAt, status, retryAfter, body: parsed(text) });
    };
    const sent = request(new URL(path, url), { method, agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      response.on('end', () => done(response.statusCode ?? 0, text, response.headers['retry-after']));
      response.on('error', () => done(0, ''));
    });
    // Above the limit, so that the finding reports how late the response was.
    const timer = setTimeout(() => sent.destroy(new Error('too late')), ANSWER_MS_MAX + 2_000);
    sent.on('error', () => done(0, '')).end(body);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Returns the request that carries a GraphQL document. */
export const graphql = (query: string, variables: object = {}, token?: string): Omit<Question, 'url'> => ({
  method: 'POST',
  path: '/graphql',
  headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
  body: JSON.stringify({ query, variables }),
});

/** Returns the codes of the errors of a GraphQL response. */
export function errorCodesOf({ body }: Reply): string[] {
  const { errors = [] } = (body ?? {}) as { errors?: { extensions?: { code?: string } }[] };
  return errors.map(({ extensions }) => extensions?.code ?? 'no code');
}
