import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CreateApiKeyDocument, RotateApiKeyDocument, UpdateApiKeyDocument } from '../generated/graphql.js';
import { DOORS, newKey } from '../support/doors.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ env: { SCOPES: 'orders:read, orders:write, invoices:*' } });
});
afterAll(() => app.close());

const [verify] = Object.values(DOORS) as [(typeof DOORS)[string]];
const rejectionAt = (path: string) => ({
  code: 'BAD_USER_INPUT',
  fields: [{ path, message: 'is not one of the scopes that can be granted' }],
});

describe('the scope catalogue, set by SCOPES', () => {
  test('allows createApiKey and updateApiKey to grant only the scopes that it lists', async () => {
    const { id, token } = await newKey(app, { scopes: ['orders:read', 'invoices:*'] });
    for (const scope of ['orders:delete', 'orders:*', 'invoices:read', 'orders']) {
      const input = { scopes: ['orders:read', scope] };
      const created = await app.send(CreateApiKeyDocument, { input }, { token });
      expect(created.errors[0]?.extensions).toEqual(rejectionAt('input.scopes.1'));
      const updated = await app.send(UpdateApiKeyDocument, { id, input }, { token });
      expect(updated.errors[0]?.extensions).toEqual(rejectionAt('input.scopes.1'));
    }
  });

  test('does not change existing keys: an added scope is not granted to them, and a removed scope stays granted', async () => {
    const shared = { databaseUrl: app.databaseUrl, clock: app.clock };
    const all = ['orders:read', 'orders:write', 'invoices:*'];
    const { id, key, token } = await newKey(app, { scopes: all });
    const later = await startTestApp({ ...shared, appSecrets: [Buffer.alloc(32, 1)], env: { SCOPES: 'orders:write,orders:delete' } });
    const codes = async (on: TestApp, presented: string) =>
      Promise.all([...all.slice(0, 2), 'orders:delete'].map(async (scope) => (await verify(on, { key: presented, scopes: [scope] })).code));
    const expected = ['VALID', 'VALID', 'INSUFFICIENT_SCOPE'];
    expect(await codes(later, key)).toEqual(expected);
    const { rotateApiKey } = await app.ask(RotateApiKeyDocument, { id }, token);
    expect(rotateApiKey.apiKey.scopes).toEqual(all);
    expect(await codes(later, rotateApiKey.plaintextKey)).toEqual(expected);
    await later.close();
  });
});
