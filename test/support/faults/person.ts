import { eventually } from '../eventually.js';
import { ANSWER_MS_MAX, graphql, type Question, type Reply, send } from './client.js';
import type { Replica } from './replica.js';

const PASSWORD = 'correct horse battery staple';

/** A user with a key. */
export interface Person {
  email: string;
  userId: string;
  token: string;
  refreshToken: string;
  key: { id: string; plaintextKey: string };
}

const ask = (replica: Replica, query: string, variables: object = {}, token?: string): Promise<Reply> =>
  send({ ...graphql(query, variables, token), url: replica.url });

export async function dataOf<Data>(reply: Promise<Reply>): Promise<Data> {
  const { status, body } = await reply;
  if (status !== 200 || (body as { errors?: unknown }).errors) throw new Error(`unexpected: ${status} ${JSON.stringify(body)}`);
  return (body as { data: Data }).data;
}

let people = 0;
export async function newPerson(replica: Replica): Promise<Person> {
  people += 1;
  const email = `person${people}@example.com`;
  const { signUp } = await dataOf<{ signUp: { accessToken: string; refreshToken: string; user: { id: string } } }>(
    ask(replica, 'mutation ($input: SignUpInput!) { signUp(input: $input) { accessToken refreshToken user { id } } }', {
      input: { email, password: PASSWORD },
    }),
  );
  const { createApiKey } = await dataOf<{ createApiKey: { plaintextKey: string; apiKey: { id: string } } }>(
    ask(replica, 'mutation { createApiKey { plaintextKey apiKey { id } } }', {}, signUp.accessToken),
  );
  const key = { id: createApiKey.apiKey.id, plaintextKey: createApiKey.plaintextKey };
  return { email, userId: signUp.user.id, token: signUp.accessToken, refreshToken: signUp.refreshToken, key };
}

/** One request of each kind that needs the database. The creates of five keys of one user wait for each other. */
export function everyRequest({ email, token, refreshToken, key }: Person): Omit<Question, 'url'>[] {
  const create = graphql('mutation { createApiKey { plaintextKey } }', {}, token);
  return [
    { path: '/verify', headers: { 'x-api-key': key.plaintextKey } },
    { path: '/readyz' },
    graphql('mutation ($key: String!) { verifyApiKey(input: { key: $key }) { code } }', { key: key.plaintextKey }),
    graphql('{ me { id } myApiKeys { id lastUsedAt } }', {}, token),
    graphql('query ($id: ID!) { apiKey(id: $id) { id } }', { id: key.id }, token),
    graphql('{ myAuditLog(first: 5) { edges { node { id } } } }', {}, token),
    graphql('mutation ($id: ID!) { updateApiKey(id: $id, input: { name: "b" }) { apiKey { id } } }', { id: key.id }, token),
    graphql('mutation ($id: ID!) { rotateApiKey(id: $id) { plaintextKey } }', { id: key.id }, token),
    graphql('mutation ($id: ID!) { revokeApiKey(id: $id) { apiKey { id } } }', { id: key.id }, token),
    graphql('mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }', { input: { email, password: PASSWORD } }),
    graphql('mutation ($input: SignUpInput!) { signUp(input: $input) { accessToken } }', {
      input: { email: `other-${email}`, password: PASSWORD },
    }),
    graphql('mutation ($token: String!) { refreshSession(refreshToken: $token) { accessToken } }', { token: refreshToken }),
    graphql('mutation ($token: String!) { signOut(refreshToken: $token) { signedOut } }', { token: refreshToken }),
    ...Array.from({ length: 5 }, () => create),
  ];
}

const described = (question: Omit<Question, 'url'>, { status, ms, retryAfter, body }: Reply) =>
  `${question.path} ${question.body ?? ''}: ${status} after ${ms.toFixed(0)} ms, Retry-After ${retryAfter}, ${JSON.stringify(body)}`;

/** Sends all requests at once. Returns those that were not answered in time with 503 and, except for readiness, Retry-After. */
export async function notUnavailable(replica: Replica, questions: Omit<Question, 'url'>[]): Promise<string[]> {
  const replies = await Promise.all(
    questions.map(async (question) => ({ question, reply: await send({ ...question, url: replica.url }) })),
  );
  return replies
    .filter(({ question, reply }) => {
      const isTold = Number(reply.retryAfter) > 0 || question.path === '/readyz';
      return reply.status !== 503 || reply.ms > ANSWER_MS_MAX || !isTold;
    })
    .map(({ question, reply }) => described(question, reply));
}

/** Returns the milliseconds until all common requests are served again. */
export async function recoveryMs(replica: Replica, person: Person): Promise<number> {
  const startedAt = performance.now();
  const requestAll = async () => {
    const replies = await Promise.all([
      send({ url: replica.url, path: '/verify', headers: { 'x-api-key': person.key.plaintextKey } }),
      send({ url: replica.url, path: '/readyz' }),
      ask(
        replica,
        'mutation ($id: ID!) { updateApiKey(id: $id, input: { name: "again" }) { apiKey { id } } }',
        { id: person.key.id },
        person.token,
      ),
    ]);
    if (replies.some(({ status }) => status !== 200)) throw new Error(`no recovery: ${replies.map(({ status }) => status)}`);
  };
  await eventually(requestAll, { withinMs: 10_000 });
  return performance.now() - startedAt;
}
