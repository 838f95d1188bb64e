import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  CreateApiKeyDocument,
  MyApiKeysDocument,
  MyApiKeysWithOwnerDocument,
  RevokeApiKeyDocument,
  RotateApiKeyDocument,
} from '../generated/graphql.js';
import { callerQueries } from '../support/acting-service.js';
import { queriesOf } from '../support/queries.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ logQueries: true });
});
afterAll(() => app.close());

describe('myApiKeys', () => {
  test('lists the usable keys of the user, newest first, and no key of another user', async () => {
    const [viewer, other] = [await app.newUser(), await app.newUser()];
    await app.ask(CreateApiKeyDocument, {}, other.accessToken);
    const created = [];
    for (const name of ['first', 'second', 'third', 'fourth']) {
      created.push((await app.ask(CreateApiKeyDocument, { input: { name } }, viewer.accessToken)).createApiKey.apiKey);
      // The last two keys have the same timestamp and keep the order of their creation.
      if (name !== 'third') app.clock.advanceSeconds(1);
    }
    await app.ask(RevokeApiKeyDocument, { id: created[1]?.id ?? '' }, viewer.accessToken);

    const { myApiKeys } = await app.ask(MyApiKeysDocument, {}, viewer.accessToken);
    expect(myApiKeys).toEqual([created[3], created[2], created[0]]);
  });

  test('is empty for a new user', async () => {
    const { accessToken } = await app.newUser();
    expect(await app.ask(MyApiKeysDocument, {}, accessToken)).toEqual({ myApiKeys: [] });
  });

  test('loads the owner of all keys in one query', async () => {
    const { accessToken, user } = await app.newUser();
    for (let count = 0; count < 5; count += 1) await app.ask(CreateApiKeyDocument, {}, accessToken);

    let owners: unknown[] = [];
    const queries = await queriesOf(app, async () => {
      const { myApiKeys } = await app.ask(MyApiKeysWithOwnerDocument, {}, accessToken);
      owners = myApiKeys.map((key) => key.owner);
    });
    expect(owners).toEqual(Array(5).fill({ id: user.id, email: user.email }));
    expect(queries).toHaveLength(3 + callerQueries()); // session with user, policy, keys, owners
  });

  test('reads each requested relation with one query for all keys', async () => {
    const big = await startTestApp({ env: { MAX_KEYS_PER_USER: '30' }, logQueries: true });
    const everything = `{ myApiKeys { ...K owner { id } replaces { ...K } replacedBy { ...K } } }
      fragment K on ApiKey { id status lastUsedAt lastUsedIp lastUsedUserAgent
        usage(from: "2026-01-30T00:00:00Z", to: "2026-01-31T00:00:00Z") { allowed refused } }`;
    for (const count of [3, 30]) {
      const { accessToken: token } = await big.newUser();
      for (let created = 1; created < count; created += 1) await big.ask(CreateApiKeyDocument, {}, token);
      const { createApiKey } = await big.ask(CreateApiKeyDocument, {}, token);
      await big.ask(RotateApiKeyDocument, { id: createApiKey.apiKey.id }, token);
      const queries = await queriesOf(big, async () => {
        const answer = await big.send<{ myApiKeys: unknown[] }, object>(everything, {}, { token });
        expect(answer.data?.myApiKeys).toHaveLength(count + 1);
      });
      // Session with user, keys, owners, predecessors, successors, last uses and usage. The relations need no further keys.
      expect(queries.length).toBeLessThanOrEqual(9);
    }
    await big.close();
  });

  test('offers neither plaintext nor hash nor fingerprint as a field of a key', async () => {
    const { accessToken } = await app.newUser();
    for (const field of ['plaintextKey', 'hashedKey', 'fingerprint', 'userId']) {
      const answer = await app.send(`{ myApiKeys { ${field} } }`, {}, { token: accessToken });
      expect(answer.errors[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    }
  });
});
