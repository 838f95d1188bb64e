import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checksum } from '../../src/platform/plaintext-key.js';
import { FindApiKeyDocument } from '../generated/graphql.js';
import { dataOf } from '../support/doors.js';
import { keyMaker, type ManagedKey } from '../support/managed-keys.js';
import { queriesOf } from '../support/queries.js';
import { newService, type TestService } from '../support/services.js';
import { codesOf, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let reader: TestService;
let made: ManagedKey;
beforeAll(async () => {
  app = await startTestApp({ logQueries: true });
  reader = await newService(app, ['keys:read']);
  made = await (await keyMaker(app))({ name: 'found' });
});
afterAll(() => app.close());

const send = (key: string) => app.send(FindApiKeyDocument, { key }, { token: reader.token });
const SECRET_AND_CHECKSUM = /\.(.{43}).{6}$/;

/** Returns the plaintext key with another secret, and the checksum of that. */
function withWrongSecret(plaintextKey: string): string {
  const unchecked = plaintextKey.replace(SECRET_AND_CHECKSUM, `.${'x'.repeat(43)}`);
  return unchecked + checksum(unchecked);
}

describe('findApiKey', () => {
  test('finds a key by its key prefix or its plaintext, with spaces around it', async () => {
    for (const key of [made.keyPrefix, made.plaintextKey, ` ${made.plaintextKey}\n`]) {
      expect(dataOf(await send(key)).findApiKey).toMatchObject({ id: made.id, name: 'found' });
    }
  });

  test('K12: answers a wrong secret like the right one, by the same queries', async () => {
    const wrong = withWrongSecret(made.plaintextKey);
    expect(wrong).not.toBe(made.plaintextKey);
    const [right, other] = [await send(made.plaintextKey), await send(wrong)];
    expect(other.text).toBe(right.text);
    const queries = [await queriesOf(app, () => send(made.plaintextKey)), await queriesOf(app, () => send(wrong))];
    expect(queries[1]).toEqual(queries[0]);
  });

  test('returns NOT_FOUND for an unknown prefix and for what is no key', async () => {
    for (const key of ['amos_00000000', '', 'x', '\u0000', made.id, made.keyPrefix.toUpperCase(), `${made.plaintextKey}x`]) {
      expect(codesOf(await send(key))).toEqual(['NOT_FOUND']);
    }
  });

  test('K2: the plaintext is in no answer and no log', async () => {
    const [, secret = ''] = SECRET_AND_CHECKSUM.exec(made.plaintextKey) ?? [];
    expect(secret).toHaveLength(43);
    expect((await send(made.plaintextKey)).text).not.toContain(secret);
    expect(app.logs()).not.toContain(secret);
  });

  test('rejects a plaintext key in an address or a document, but not a key prefix', async () => {
    const get = async (key: string, query: string = String(FindApiKeyDocument)) => {
      const search = new URLSearchParams({ query, variables: JSON.stringify({ key }) });
      const headers = { authorization: `Bearer ${reader.token}`, 'apollo-require-preflight': 'x' };
      const { errors = [], data } = (await app.http.inject({ url: `/graphql?${search}`, headers })).json();
      return errors[0]?.extensions.code ?? data.findApiKey.id;
    };
    expect(await get(made.plaintextKey)).toBe('BAD_USER_INPUT');
    expect(await get(made.keyPrefix)).toBe(made.id);
    const literal = (key: string) => app.send(`{ findApiKey(key: "${key}") { id } }`, {}, { token: reader.token });
    expect(codesOf(await literal(made.plaintextKey))).toEqual(['BAD_USER_INPUT']);
    expect((await literal(made.keyPrefix)).data).toEqual({ findApiKey: { id: made.id } });
  });
});
