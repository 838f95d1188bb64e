import type { ApiClient } from '../api/client';
import type { Problem } from '../api/problem';
import { newIdempotencyKey } from '../api/random';
import type { Answer } from '../api/send';
import {
  type CreateApiKeyInput,
  CreateKeyDocument,
  KeyDocument,
  KeysDocument,
  RevokeKeyDocument,
  RotateKeyDocument,
  type UpdateApiKeyInput,
  UpdateKeyDocument,
} from '../gql/graphql';
import type { Key } from './key';

export type Outcome<Value> = { value: Value } | { problem: Problem };

/** A key with its plaintext, which is nowhere else. */
export interface IssuedKey {
  key: Key;
  plaintext: string;
}

/** `lostKey`: the key exists, but the answer with its plaintext did not arrive. */
export type IssueOutcome = { issued: IssuedKey } | { lostKey: Key } | { problem: Problem };

const MISSING: Problem = { code: 'INTERNAL_SERVER_ERROR', fields: [] };

function outcomeOf<Data, Value>({ data, problem }: Answer<Data>, select: (data: Data) => Value): Outcome<Value> {
  return problem || !data ? { problem: problem ?? MISSING } : { value: select(data) };
}

async function readKey(client: ApiClient, id: string): Promise<Key | undefined> {
  const { data } = await client.request(KeyDocument, { id });
  return data?.apiKey ?? undefined;
}

/** The problem of a request with an idempotency key. CONFLICT with a key: the first request succeeded, and its answer was lost. */
async function lostOr(client: ApiClient, problem: Problem, find: () => Promise<Key | undefined>): Promise<IssueOutcome> {
  const lostKey = problem.apiKeyId ? await readKey(client, problem.apiKeyId) : problem.code === 'NETWORK' ? await find() : undefined;
  return lostKey ? { lostKey } : { problem };
}

/**
 * Creates a key. The plaintext passes through no cache and no state, so it is in memory only while the caller has it.
 *
 * @param known ids of the keys before, by which a key with a lost answer is found
 * @param idempotencyKey the same for each attempt of one form, so that no attempt creates a second key
 */
export async function createKey(
  client: ApiClient,
  input: CreateApiKeyInput,
  known: ReadonlySet<string>,
  idempotencyKey: string,
): Promise<IssueOutcome> {
  const result = await client.mutate(CreateKeyDocument, { input, idempotencyKey });
  const outcome = outcomeOf(result, ({ createApiKey }) => ({ key: createApiKey.apiKey, plaintext: createApiKey.plaintextKey }));
  if ('value' in outcome) return { issued: outcome.value };
  return lostOr(client, outcome.problem, async () => {
    const { data } = await client.request(KeysDocument, {});
    return data?.myApiKeys.find(({ id, name }) => !known.has(id) && name === (input.name ?? null));
  });
}

export async function rotateKey(client: ApiClient, key: Key, gracePeriodSeconds: number, idempotencyKey: string): Promise<IssueOutcome> {
  const result = await client.mutate(RotateKeyDocument, { id: key.id, input: { gracePeriodSeconds }, idempotencyKey });
  const outcome = outcomeOf(result, ({ rotateApiKey }) => ({ key: rotateApiKey.apiKey, plaintext: rotateApiKey.plaintextKey }));
  if ('value' in outcome) return { issued: outcome.value };
  return lostOr(client, outcome.problem, async () => {
    const replacedBy = (await readKey(client, key.id))?.replacedBy;
    return replacedBy && replacedBy.id !== key.replacedBy?.id ? readKey(client, replacedBy.id) : undefined;
  });
}

export async function updateKey(client: ApiClient, id: string, input: UpdateApiKeyInput): Promise<Outcome<Key>> {
  const result = await client.mutate(UpdateKeyDocument, { id, input });
  return outcomeOf(result, ({ updateApiKey }) => updateApiKey.apiKey);
}

export async function revokeKey(client: ApiClient, id: string, reason: string): Promise<Outcome<Key>> {
  const result = await client.mutate(RevokeKeyDocument, { id, reason: reason.trim() || null });
  return outcomeOf(result, ({ revokeApiKey }) => revokeApiKey.apiKey);
}

export { newIdempotencyKey, readKey };
