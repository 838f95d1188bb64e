// A product with its own users and sessions, and one page on which they manage their API keys by <keyward-keys>.
import { readFileSync } from 'node:fs';
import Fastify from 'fastify';
import { signIn, userOf } from '../own-users/users.mjs';

const { KEYWARD_URL = 'http://127.0.0.1:4000', KEYWARD_TOKEN, PORT = '3000' } = process.env;
if (!KEYWARD_TOKEN) throw new Error('Set KEYWARD_TOKEN to a service token with the permission users:act.');
// The page is at localhost and Keyward at 127.0.0.1, so they are two sites for the browser, as in production.
const ORIGIN = `http://localhost:${PORT}`;
const KEYWARD_ORIGIN = new URL(KEYWARD_URL).origin;

// The element needs Keyward's origin for its script and its requests. It needs no permission for styles.
const POLICY = [
  "default-src 'none'",
  `script-src 'self' ${KEYWARD_ORIGIN}`,
  `connect-src 'self' ${KEYWARD_ORIGIN}`,
  "style-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const read = (name) => readFileSync(new URL(name, import.meta.url), 'utf8').replaceAll('KEYWARD_ORIGIN', KEYWARD_ORIGIN);
const FILES = {
  '/': ['text/html', read('page.html')],
  '/page.mjs': ['text/javascript', read('page.mjs')],
  '/page.css': ['text/css', read('page.css')],
};

const OPEN_PORTAL = `mutation ($input: CreatePortalSessionInput!) {
  createPortalSession(input: $input) { accessToken }
}`;

/** Opens a session with which the page manages the keys of one user, from this origin alone. */
async function openPortal(user) {
  const input = {
    externalId: user.id,
    origin: ORIGIN,
    permissions: ['KEYS_READ', 'KEYS_CREATE', 'KEYS_UPDATE', 'KEYS_ROTATE', 'KEYS_REVOKE', 'AUDIT_READ'],
  };
  const response = await fetch(`${KEYWARD_URL}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${KEYWARD_TOKEN}` },
    body: JSON.stringify({ query: OPEN_PORTAL, variables: { input } }),
    signal: AbortSignal.timeout(10_000),
  });
  const { data, errors } = await response.json();
  if (!data) throw new Error(`Keyward rejected createPortalSession: ${JSON.stringify(errors)}`);
  return data.createPortalSession;
}

const app = Fastify();
for (const [path, [type, content]] of Object.entries(FILES)) {
  app.get(path, (_request, reply) =>
    reply.type(`${type}; charset=utf-8`).headers({ 'content-security-policy': POLICY, 'x-content-type-options': 'nosniff' }).send(content),
  );
}
app.post('/sign-in', (request, reply) => {
  const cookie = signIn(request.body ?? {});
  return cookie ? reply.code(204).header('set-cookie', cookie).send() : reply.code(401).send();
});
app.post('/portal-session', async (request, reply) => {
  const user = userOf(request.headers.cookie);
  if (!user) return reply.code(401).send();
  return reply.header('cache-control', 'no-store').send(await openPortal(user));
});
await app.listen({ port: Number(PORT), host: 'localhost' });
console.log(`The product listens at ${ORIGIN}`);
