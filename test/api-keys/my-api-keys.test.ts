import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CreateApiKeyDocument, MyApiKeysDocument, MyApiKeysWithOwnerDocument, RevokeApiKeyDocument } from '../generated/graphql.js';
import { queriesOf } from '../helpers/queries.js';
import { startTestApp, type TestApp } from '../helpers/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

describe('myApiKeys', () => {
  test('lists the viewer’s usable keys, newest first, and nobody else’s', async () => {
    const [viewer, other] = [await app.newUser(), await app.newUser()];
    await app.ask(CreateApiKeyDocument, {}, other.accessToken);
    const made = [];
    for (const name of ['first', 'second', 'third', 'fourth']) {
      made.push((await app.ask(CreateApiKeyDocument, { input: { name } }, viewer.accessToken)).createApiKey.apiKey);
      // The last two are of the same moment: they keep the order in which they were made.
      if (name !== 'third') app.clock.advanceSeconds(1);
    }
    await app.ask(RevokeApiKeyDocument, { id: made[1]?.id ?? '' }, viewer.accessToken);

    const { myApiKeys } = await app.ask(MyApiKeysDocument, {}, viewer.accessToken);
    expect(myApiKeys).toEqual([made[3], made[2], made[0]]);
  });

  test('is empty at first', async () => {
    const { accessToken } = await app.newUser();
    expect(await app.ask(MyApiKeysDocument, {}, accessToken)).toEqual({ myApiKeys: [] });
  });

  test('loads the owner of all keys in one query', async () => {
    const { accessToken, user } = await app.newUser();
    for (let count = 0; count < 5; count += 1) await app.ask(CreateApiKeyDocument, {}, accessToken);

    let owners: unknown[] = [];
    const queries = await queriesOf(async () => {
      const { myApiKeys } = await app.ask(MyApiKeysWithOwnerDocument, {}, accessToken);
      owners = myApiKeys.map((key) => key.owner);
    });
    expect(owners).toEqual(Array(5).fill({ id: user.id, email: user.email }));
    expect(queries).toHaveLength(3); // session with user, keys, owners
  });

  test('the plaintext is no field of ApiKey', async () => {
    const { accessToken } = await app.newUser();
    for (const field of ['plaintextKey', 'hashedKey', 'fingerprint', 'userId']) {
      const answer = await app.send(`{ myApiKeys { ${field} } }`, {}, { token: accessToken });
      expect(answer.errors[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    }
  });
});
