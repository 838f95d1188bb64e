import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  CreateApiKeyDocument,
  RotateApiKeyDocument,
  TrustedMetadataDocument,
  UpdateApiKeyDocument,
  VerifyApiKeyDocument,
} from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { type MadeKey, newKey } from '../support/doors.js';
import { codesOf, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const trust = async ({ id, userId }: MadeKey, ofKey: object, ofOwner: object) => {
  await runSql(app.databaseUrl, 'UPDATE api_keys SET trusted_metadata = $2 WHERE id = $1', [id, ofKey]);
  await runSql(app.databaseUrl, 'UPDATE users SET trusted_metadata = $2 WHERE id = $1', [userId, ofOwner]);
};

/** Returns what both endpoints return with a valid key. */
async function verified(key: string) {
  const { verifyApiKey } = await app.ask(VerifyApiKeyDocument, { input: { key } });
  const response = await app.http.inject({ url: '/verify', headers: { 'x-api-key': key } });
  return [verifyApiKey, response.json()].map(({ trustedMetadata, ownerMetadata }) => ({ trustedMetadata, ownerMetadata }));
}

describe('trustedMetadata', () => {
  test('is empty by default', async () => {
    const { id, key, token } = await newKey(app, { metadata: { note: 'mine' } });
    expect(await app.ask(TrustedMetadataDocument, { id }, token)).toEqual({
      me: { trustedMetadata: {} },
      apiKey: { metadata: { note: 'mine' }, trustedMetadata: {} },
    });
    expect(await verified(key)).toEqual(Array(2).fill({ trustedMetadata: {}, ownerMetadata: {} }));
  });

  test('of key and owner are returned by each verification, from the next one after a change on', async () => {
    const made = await newKey(app);
    await verified(made.key);
    for (const plan of ['free', 'pro']) {
      await trust(made, { quota: plan.length }, { plan });
      expect(await verified(made.key)).toEqual(Array(2).fill({ trustedMetadata: { quota: plan.length }, ownerMetadata: { plan } }));
    }
    expect(await app.ask(TrustedMetadataDocument, { id: made.id }, made.token)).toMatchObject({
      me: { trustedMetadata: { plan: 'pro' } },
      apiKey: { trustedMetadata: { quota: 3 } },
    });
  });

  test('is kept by a rotation', async () => {
    const made = await newKey(app);
    await trust(made, { quota: 7 }, {});
    const { rotateApiKey } = await app.ask(RotateApiKeyDocument, { id: made.id }, made.token);
    expect(await verified(rotateApiKey.plaintextKey)).toEqual(Array(2).fill({ trustedMetadata: { quota: 7 }, ownerMetadata: {} }));
  });

  test.each([[{ plan: 'pro' }], [{}], [null]])('set to %j by its owner is FORBIDDEN, and nothing changes', async (trustedMetadata) => {
    const { id, token } = await newKey(app);
    const input = { name: 'changed', trustedMetadata };
    expect(codesOf(await app.send(CreateApiKeyDocument, { input }, { token }))).toEqual(['FORBIDDEN']);
    expect(codesOf(await app.send(UpdateApiKeyDocument, { id, input }, { token }))).toEqual(['FORBIDDEN']);
    const keys = await runSql(
      app.databaseUrl,
      'SELECT name, trusted_metadata FROM api_keys k WHERE user_id = (SELECT user_id FROM api_keys WHERE id = $1)',
      [id],
    );
    expect(keys).toEqual([{ name: null, trusted_metadata: {} }]);
  });
});
