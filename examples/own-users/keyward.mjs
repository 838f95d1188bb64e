// Calls Keyward for users of the product. Only the backend has the service token.
import { KeywardError, KeywardManagement } from '@keyward/client';

const { KEYWARD_URL = 'http://127.0.0.1:4000', KEYWARD_TOKEN, PRODUCT_ORIGIN = 'http://127.0.0.1:3000' } = process.env;
if (!KEYWARD_TOKEN) throw new Error('Set KEYWARD_TOKEN to a service token with the permission users:act.');

const keyward = new KeywardManagement({ url: KEYWARD_URL, serviceToken: KEYWARD_TOKEN });

/** Names the settings of a key that users of the product may choose. A service may set more, so never pass a body on as it is. */
const keySettings = (body) => ({ name: body?.name, scopes: body?.scopes, expiresAt: body?.expiresAt });

// Each operation receives the person, and the parameters and the body of the request.
const acting = ({ owner, actor, address }) => keyward.actingFor({ externalId: owner, actor, clientAddress: address });
export const list = (person) => acting(person).myApiKeys();
export const create = (person, { body }) => acting(person).createApiKey(keySettings(body));
export const revoke = (person, { params }) => acting(person).revokeApiKey(params.id);
export const openPortal = ({ owner, actor }) =>
  keyward.createPortalSession({
    externalId: owner,
    actor,
    origin: PRODUCT_ORIGIN,
    permissions: ['KEYS_READ', 'KEYS_CREATE', 'KEYS_REVOKE'],
  });

const STATUS = { BAD_USER_INPUT: 400, FORBIDDEN: 403, NOT_FOUND: 404, API_KEY_LIMIT_REACHED: 409, CONFLICT: 409, RATE_LIMITED: 429 };

/** Returns the status and body to answer with: the result of an operation, or its error. */
export const answerOf = (operation) =>
  operation.then(
    (body) => ({ status: 200, body }),
    (error) => {
      if (!(error instanceof KeywardError)) throw error;
      const { code, message, details } = error;
      return { status: STATUS[code] ?? 503, body: { code, message, fields: details.fields } };
    },
  );
