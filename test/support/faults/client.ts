import { Agent, request } from 'node:http';

/** What a request may take, whatever goes on (5 s), and the half second that the client, busy itself, may add to it. */
export const ANSWER_MS_MAX = 5_500;

export interface Question {
  url: string;
  method?: 'GET' | 'POST';
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
}

/** What came of one request. */
export interface Reply {
  /** On the clock of `performance`. */
  sentAt: number;
  ms: number;
  /** 0: the connection broke, or it took too long. */
  status: number;
  retryAfter: string | undefined;
  /** Parsed; null where it isn't JSON. */
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
    // Later than what is too late, so that it is told how late.
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

/** @returns the request that carries a GraphQL document */
export const graphql = (query: string, variables: object = {}, token?: string): Omit<Question, 'url'> => ({
  method: 'POST',
  path: '/graphql',
  headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
  body: JSON.stringify({ query, variables }),
});

/** @returns the codes of a GraphQL answer's errors */
export function errorCodesOf({ body }: Reply): string[] {
  const { errors = [] } = (body ?? {}) as { errors?: { extensions?: { code?: string } }[] };
  return errors.map(({ extensions }) => extensions?.code ?? 'no code');
}
