// Accepts a request of an Express or Connect application if its API key is valid. It verifies the key by verifyApiKey:
//   app.use(requireApiKey({ keyward: 'http://127.0.0.1:4000', scopes: ['orders:read'] }));
// After a successful verification, request.apiKey holds the owner, scopes and metadata of the key.

const QUERY = `mutation ($input: VerifyApiKeyInput!) {
  verifyApiKey(input: $input) { valid code message keyId ownerId ownerExternalId name scopes metadata rateLimit { resetsAt } }
}`;
const STATUS = { IP_NOT_ALLOWED: 403, INSUFFICIENT_SCOPE: 403, RATE_LIMITED: 429 };
const secondsUntil = (time) => Math.max(1, Math.ceil((Date.parse(time) - Date.now()) / 1_000));

/** Returns the different keys of the request, which may be none, one or several. */
function presentedKeys({ authorization, 'x-api-key': apiKey = '' }) {
  const bearer = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  // Node joins repeated headers by a comma, which no key contains.
  return [...new Set([...apiKey.split(','), bearer].map((key) => key?.trim()).filter(Boolean))];
}

function refuse(response, status, code, detail) {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/problem+json').end(JSON.stringify({ status, code, detail }));
}

/** @param {{ keyward: string, scopes?: string[], verifierToken?: string, timeoutMs?: number }} options */
export function requireApiKey({ keyward, scopes = [], verifierToken, timeoutMs = 5_000 }) {
  const url = new URL('/graphql', keyward);
  const headers = { 'content-type': 'application/json', ...(verifierToken && { 'x-verifier-token': verifierToken }) };
  return async (request, response, next) => {
    const [key, other] = presentedKeys(request.headers);
    if (other !== undefined) return refuse(response, 400, 'BAD_REQUEST', 'More than one API key was sent.');
    if (key === undefined) {
      response.setHeader('WWW-Authenticate', 'Bearer realm="keyward"');
      return refuse(response, 401, 'UNAUTHENTICATED', 'No API key was sent.');
    }
    // Behind a proxy, set `trust proxy`, so that Express' request.ip is the caller's address.
    const ipAddress = (request.ip ?? request.socket.remoteAddress)?.replace(/%.*$/, '');
    const userAgent = request.headers['user-agent']?.replace(/[^\x20-\x7e]/g, '?');
    const body = JSON.stringify({ query: QUERY, variables: { input: { key, scopes, ipAddress, userAgent } } });
    const signal = AbortSignal.timeout(timeoutMs);
    const verification = await fetch(url, { method: 'POST', headers, body, redirect: 'error', signal })
      .then(async (answer) => (await answer.json()).data?.verifyApiKey)
      .catch(() => null);
    if (verification?.valid === true) {
      request.apiKey = verification;
      return next();
    }
    // If Keyward is unreachable or too slow, every request is rejected.
    const status = verification ? (STATUS[verification.code] ?? 401) : 503;
    if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="keyward", error="invalid_token"');
    if (status === 429) response.setHeader('Retry-After', secondsUntil(verification.rateLimit.resetsAt));
    if (status === 503) response.setHeader('Retry-After', 5);
    return refuse(response, status, verification?.code ?? 'SERVICE_UNAVAILABLE', verification?.message);
  };
}
