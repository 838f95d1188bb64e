import { CreateApiKeyDocument, type CreateApiKeyInput } from '../generated/graphql.js';
import { dataOf } from './doors.js';
import { actingFor, newExternalId, newService, type TestService } from './services.js';
import type { TestApp } from './test-app.js';

/** A key of a user of the product. */
export interface ManagedKey {
  id: string;
  keyPrefix: string;
  plaintextKey: string;
  externalId: string;
}

/** Returns a function that creates keys for users of the product, each a second after the one before. */
export async function keyMaker(app: TestApp): Promise<(input?: CreateApiKeyInput, externalId?: string) => Promise<ManagedKey>> {
  const backend: TestService = await newService(app, ['users:act']);
  return async (input = {}, externalId = newExternalId()) => {
    app.clock.advanceSeconds(1);
    const { createApiKey } = dataOf(await app.send(CreateApiKeyDocument, { input }, actingFor(backend, externalId)));
    const { id, keyPrefix } = createApiKey.apiKey;
    return { id, keyPrefix, plaintextKey: createApiKey.plaintextKey, externalId };
  };
}
