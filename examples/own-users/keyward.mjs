// Sends operations to Keyward for users of the product. Only the backend has the service token.
const { KEYWARD_URL = 'http://127.0.0.1:4000', KEYWARD_TOKEN, PRODUCT_ORIGIN = 'http://127.0.0.1:3000' } = process.env;
if (!KEYWARD_TOKEN) throw new Error('Set KEYWARD_TOKEN to a service token with the permission users:act.');

export const LIST = '{ myApiKeys { id name keyPrefix status createdAt createdBy lastUsedAt } }';
export const CREATE = `mutation ($input: CreateApiKeyInput) {
  createApiKey(input: $input) { plaintextKey apiKey { id name keyPrefix } }
}`;
export const REVOKE = 'mutation ($id: ID!) { revokeApiKey(id: $id) { apiKey { id status } } }';
export const OPEN_PORTAL = `mutation ($input: CreatePortalSessionInput!) {
  createPortalSession(input: $input) { accessToken expiresAt }
}`;

/** Names the settings of a key that users of the product may choose. A service may set more, so never pass a body on as it is. */
export const keySettings = ({ body }) => ({ input: { name: body?.name, scopes: body?.scopes, expiresAt: body?.expiresAt } });

/** Names the key in the path of a request. */
export const keyId = ({ params }) => ({ id: params.id });

/** Describes a portal session for the page of the product alone. */
export const portalSettings = (_request, { owner, actor }) => ({
  input: { externalId: owner, actor, origin: PRODUCT_ORIGIN, permissions: ['KEYS_READ', 'KEYS_CREATE', 'KEYS_REVOKE'] },
});

const STATUS = { BAD_USER_INPUT: 400, FORBIDDEN: 403, NOT_FOUND: 404, API_KEY_LIMIT_REACHED: 409, CONFLICT: 409, RATE_LIMITED: 429 };

/** Runs an operation for the owner, in a new request with no header of the client. Returns the status and body to answer with. */
export async function callKeyward({ owner, actor, address }, query, variables) {
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${KEYWARD_TOKEN}`,
    'x-keyward-on-behalf-of': encodeURIComponent(owner),
    'x-keyward-actor': encodeURIComponent(actor),
    'x-keyward-client-address': address,
  };
  const body = JSON.stringify({ query, variables });
  const signal = AbortSignal.timeout(10_000);
  const response = await fetch(`${KEYWARD_URL}/graphql`, { method: 'POST', headers, body, signal }).catch(() => null);
  const { data, errors: [error] = [] } = (await response?.json().catch(() => null)) ?? {};
  if (data && !error) return { status: 200, body: Object.values(data)[0] };
  const { code = 'SERVICE_UNAVAILABLE', fields } = error?.extensions ?? {};
  return { status: STATUS[code] ?? 503, body: { code, message: error?.message, fields } };
}
