// A product with its own users and sessions that offers API keys. Its backend calls Keyward. Browsers never call Keyward.
import { readFileSync } from 'node:fs';
import express from 'express';
import { importPKCS8, SignJWT } from 'jose';
import { requireUser, signIn } from './users.mjs';

const { KEYWARD_URL = 'http://127.0.0.1:4000', PORT = '3000' } = process.env;
const signingKey = await importPKCS8(readFileSync('private-key.pem', 'utf8'), 'ES256');

const STATUS = {
  BAD_USER_INPUT: 400,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  API_KEY_LIMIT_REACHED: 409,
  RATE_LIMITED: 429,
  SERVICE_UNAVAILABLE: 503,
};

/** Sends an operation to Keyward as the signed-in user, and responds with its result. */
const asUser = (query, status) => async (request, response) => {
  const token = await new SignJWT({ email: request.user.email, email_verified: true })
    .setProtectedHeader({ alg: 'ES256', kid: 'product-1' })
    .setIssuer('https://acme.test')
    .setAudience('keyward')
    .setSubject(request.user.id)
    .setIssuedAt()
    .setExpirationTime('60s')
    .sign(signingKey);
  const answer = await fetch(`${KEYWARD_URL}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { ...request.params, input: request.body } }),
    signal: AbortSignal.timeout(10_000),
  }).catch(() => null);
  if (!answer) return response.sendStatus(503);
  // The response of createApiKey contains the plaintext key.
  response.set('cache-control', 'no-store');
  const { data, errors: [error] = [] } = await answer.json();
  if (!error) return response.status(status).json(Object.values(data)[0]);
  const { code, fields } = error.extensions;
  return response.status(STATUS[code] ?? 502).json({ code, message: error.message, fields });
};

const LIST = '{ myApiKeys { id name keyPrefix status createdAt lastUsedAt } }';
const CREATE = `mutation ($input: CreateApiKeyInput) {
  createApiKey(input: $input) { plaintextKey apiKey { id name keyPrefix } }
}`;
const REVOKE = 'mutation ($id: ID!) { revokeApiKey(id: $id) { apiKey { id status } } }';

const app = express();
app.use(express.json());
app.post('/sign-in', signIn);
app.get('/api-keys', requireUser, asUser(LIST, 200));
app.post('/api-keys', requireUser, asUser(CREATE, 201));
app.delete('/api-keys/:id', requireUser, asUser(REVOKE, 200));
const server = app.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`The product listens at http://127.0.0.1:${server.address().port}`);
});
