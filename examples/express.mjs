// Lets a request of an Express (or Connect) application pass when its API key may, by Keyward's verifyApiKey:
//   app.use(requireApiKey({ keyward: 'http://127.0.0.1:4000', scopes: ['orders:read'] }));
// and then request.apiKey tells whose key it is, with its scopes and metadata.

const QUERY = `mutation ($input: VerifyApiKeyInput!) {
  verifyApiKey(input: $input) { valid code keyId ownerId name scopes metadata rateLimit { resetsAt } }
}`;
const STATUS = { IP_NOT_ALLOWED: 403, INSUFFICIENT_SCOPE: 403, RATE_LIMITED: 429 };
const secondsUntil = (moment) => Math.max(1, Math.ceil((Date.parse(moment) - Date.now()) / 1_000));

/** @param {{ keyward: string, scopes?: string[], verifierToken?: string, timeoutMs?: number }} options */
export function requireApiKey({ keyward, scopes = [], verifierToken, timeoutMs = 5_000 }) {
  const url = new URL('/graphql', keyward);
  const headers = { 'content-type': 'application/json', ...(verifierToken && { 'x-verifier-token': verifierToken }) };
  return async (request, response, next) => {
    const key = request.headers['x-api-key'] ?? request.headers.authorization?.replace(/^bearer +/i, '') ?? '';
    // Behind a proxy `trust proxy` must be set, so that Express' request.ip is the caller's address.
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
    // Keyward away or too slow: nobody passes.
    response.statusCode = verification ? (STATUS[verification.code] ?? 401) : 503;
    if (response.statusCode === 401) response.setHeader('WWW-Authenticate', 'Bearer');
    if (response.statusCode === 429) response.setHeader('Retry-After', secondsUntil(verification.rateLimit.resetsAt));
    if (response.statusCode === 503) response.setHeader('Retry-After', 5);
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ code: verification?.code ?? 'SERVICE_UNAVAILABLE' }));
  };
}
