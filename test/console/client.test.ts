import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.js';

interface Problem {
  code: string;
  retryAfterSeconds?: number;
  requestId?: string;
}
interface Answer {
  data?: { value: string };
  problem?: Problem;
}
interface Query {
  reading(): Answer & { readAt?: Date; isLoading: boolean };
  observe(observer: () => void): () => void;
  read(): void;
}
interface Client {
  request(document: string, variables: object): Promise<Answer>;
  mutate(document: string, variables: object): Promise<Answer>;
  query(document: string, variables: object): Query;
}
type Source = { token(): string | undefined; renew(): Promise<void> };
type ClientClass = new (url: string, source: Source, onProblem?: (problem: Problem) => void) => Client;

interface Received {
  method: string;
  authorization: string | undefined;
  query: string;
  variables: object;
}

const SOON = { withinMs: 5_000 };

const READ = 'query Read { value }';
const CHANGE = 'mutation Change { value }';

/** Returns the body of an error with these extensions. */
const failing = (extensions: object) => JSON.stringify({ data: null, errors: [{ message: 'It failed.', extensions }] });

describe('the client of the console', () => {
  let ApiClient: ClientClass;
  let url: string;
  let received: Received[];
  /** Answers a request. Without an answer, it stays open. */
  let answer: (request: Received, count: number) => string | undefined;
  const server = createServer((request, response) => void serve(request, response));

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { query, variables } = JSON.parse(await text(request));
    const each = { method: request.method ?? '', authorization: request.headers.authorization, query, variables };
    received.push(each);
    const body = answer(each, received.length);
    if (body !== undefined) response.end(body);
  }

  beforeAll(async () => {
    ({ ApiClient } = await import(path.resolve('console/src/api/client')));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });
  beforeEach(() => {
    received = [];
    answer = (_, count) => JSON.stringify({ data: { value: `answer ${count}` } });
  });

  /** Returns a source that has another token after each renewal. A renewal that is in progress is shared, as by those of the console. */
  function sourceOf(first: string | undefined) {
    let renewal: Promise<void> | undefined;
    const source = {
      current: first,
      renewals: 0,
      token: () => source.current,
      renew: () => {
        renewal ??= new Promise((resolve) => setTimeout(resolve, 50)).then(() => {
          source.current = `token ${++source.renewals}`;
          renewal = undefined;
        });
        return renewal;
      },
    };
    return source;
  }

  const observed = async (query: Query): Promise<() => void> => {
    const stop = query.observe(() => undefined);
    await eventually(() => expect(query.reading().isLoading).toBe(false), SOON);
    return stop;
  };

  test('sends each operation by POST, with the token', async () => {
    const client = new ApiClient(url, sourceOf('first'));
    expect((await client.request(READ, { id: '1' })).data).toEqual({ value: 'answer 1' });
    expect(received).toEqual([{ method: 'POST', authorization: 'Bearer first', query: READ, variables: { id: '1' } }]);
  });

  test('gets a token before the first request without one', async () => {
    await new ApiClient(url, sourceOf(undefined)).request(READ, {});
    expect(received.map(({ authorization }) => authorization)).toEqual(['Bearer token 1']);
  });

  test('renews the token once for all requests that were rejected at the same time, and repeats each once', async () => {
    answer = ({ authorization }) =>
      authorization === 'Bearer old' ? failing({ code: 'UNAUTHENTICATED' }) : JSON.stringify({ data: { value: 'read' } });
    const source = sourceOf('old');
    const client = new ApiClient(url, source);
    const answers = await Promise.all(['1', '2', '3'].map((id) => client.request(READ, { id })));
    expect(answers.map(({ data, problem }) => [data?.value, problem])).toEqual(Array(3).fill(['read', undefined]));
    expect([source.renewals, received.length]).toEqual([1, 6]);
  });

  test('does not repeat a request again after its new token was rejected too, and reports the problem once', async () => {
    answer = () => failing({ code: 'UNAUTHENTICATED', requestId: 'r1' });
    const problems: Problem[] = [];
    const { problem } = await new ApiClient(url, sourceOf('old'), (each) => problems.push(each)).request(READ, {});
    expect(problem).toMatchObject({ code: 'UNAUTHENTICATED', requestId: 'r1' });
    expect([received.length, problems]).toEqual([2, [problem]]);
  });

  test.each([
    ['an error with details', failing({ code: 'RATE_LIMITED', retryAfterSeconds: 90, requestId: 'r2' }), 'RATE_LIMITED', 90, 'r2'],
    ['a field that the server does not know', failing({ code: 'GRAPHQL_VALIDATION_FAILED' }), 'UPGRADE', undefined, undefined],
    ['an error without a code', JSON.stringify({ errors: [{ message: 'x' }] }), 'INTERNAL_SERVER_ERROR', undefined, undefined],
    ['the page of a proxy', '<html>Bad gateway</html>', 'NETWORK', undefined, undefined],
    ['an empty object', '{}', 'NETWORK', undefined, undefined],
    ['null', 'null', 'NETWORK', undefined, undefined],
  ])('describes %s', async (_name, body, code, retryAfterSeconds, requestId) => {
    answer = () => body;
    const { data, problem } = await new ApiClient(url, sourceOf('valid')).request(READ, {});
    expect([data, problem?.code, problem?.retryAfterSeconds, problem?.requestId]).toEqual([undefined, code, retryAfterSeconds, requestId]);
  });

  test('describes a server that cannot be reached', async () => {
    const { problem } = await new ApiClient('http://127.0.0.1:1/graphql', sourceOf('valid')).request(READ, {});
    expect(problem).toEqual({ code: 'NETWORK', fields: [] });
  });

  test('shares one request among the observers of a query, and keeps the answer for the next one', async () => {
    const client = new ApiClient(url, sourceOf('valid'));
    const stops = await Promise.all([observed(client.query(READ, { id: '1' })), observed(client.query(READ, { id: '1' }))]);
    expect(received).toHaveLength(1);
    for (const stop of stops) stop();
    const again = client.query(READ, { id: '1' });
    expect(again.reading().data).toEqual({ value: 'answer 1' });
    expect(client.query(READ, { id: '2' }).reading().data).toBeUndefined();
    await observed(again);
    expect(again.reading().data).toEqual({ value: 'answer 2' });
  });

  test('keeps the last answer while a later request fails', async () => {
    const query = new ApiClient(url, sourceOf('valid')).query(READ, {});
    await observed(query);
    const { readAt } = query.reading();
    answer = () => failing({ code: 'SERVICE_UNAVAILABLE' });
    query.read();
    await eventually(() => expect(query.reading().problem?.code).toBe('SERVICE_UNAVAILABLE'), SOON);
    expect(query.reading()).toMatchObject({ data: { value: 'answer 1' }, readAt, isLoading: false });
  });

  test('reads after a mutation what is shown, even if the mutation failed, and forgets everything else', async () => {
    const client = new ApiClient(url, sourceOf('valid'));
    const [shown, hidden] = [client.query(READ, { id: 'shown' }), client.query(READ, { id: 'hidden' })];
    await observed(shown);
    (await observed(hidden))();
    answer = ({ query }) => (query === CHANGE ? failing({ code: 'CONFLICT' }) : JSON.stringify({ data: { value: 'new' } }));
    expect((await client.mutate(CHANGE, {})).problem?.code).toBe('CONFLICT');
    expect(hidden.reading().data).toBeUndefined();
    await eventually(() => expect(shown.reading().data).toEqual({ value: 'new' }), SOON);
    expect(received.map(({ variables }) => variables)).toEqual([{ id: 'shown' }, { id: 'hidden' }, {}, { id: 'shown' }]);
  });

  test('discards the answer to a read that began before a mutation', async () => {
    const client = new ApiClient(url, sourceOf('valid'));
    const query = client.query(READ, {});
    answer = ({ query: sent }, count) =>
      sent === READ && count === 1 ? undefined : JSON.stringify({ data: { value: `answer ${count}` } });
    query.observe(() => undefined);
    await eventually(() => expect(received).toHaveLength(1), SOON);
    await client.mutate(CHANGE, {});
    await eventually(() => expect(query.reading().data).toEqual({ value: 'answer 3' }), SOON);
  });

  test('aborts a request that nothing waits for, and reports no problem of it', async () => {
    const problems: Problem[] = [];
    const query = new ApiClient(url, sourceOf('valid'), (problem) => problems.push(problem)).query(READ, {});
    answer = () => undefined;
    let changes = 0;
    const stop = query.observe(() => changes++);
    await eventually(() => expect(received).toHaveLength(1), SOON);
    const before = changes;
    stop();
    answer = () => JSON.stringify({ data: { value: 'later' } });
    const seen: (Problem | undefined)[] = [];
    query.observe(() => seen.push(query.reading().problem));
    await eventually(() => expect(query.reading().data).toEqual({ value: 'later' }), SOON);
    expect([changes, problems, seen.filter(Boolean)]).toEqual([before, [], []]);
  });
});
