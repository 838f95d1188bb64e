// A product with its own users and sessions, and one page on which they manage their API keys by <keyward-keys>.
import { readFileSync } from 'node:fs';
import Fastify from 'fastify';
import { callKeyward, OPEN_PORTAL } from '../own-users/keyward.mjs';
import { signIn, userOf } from '../own-users/users.mjs';

const { KEYWARD_URL = 'http://127.0.0.1:4000', PORT = '3000' } = process.env;
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

/** The portal session lets the page manage the keys of one user, from this origin alone. */
const portalOf = (user) => ({
  input: {
    externalId: user.id,
    origin: ORIGIN,
    permissions: ['KEYS_READ', 'KEYS_CREATE', 'KEYS_UPDATE', 'KEYS_ROTATE', 'KEYS_REVOKE', 'AUDIT_READ'],
  },
});

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
  const { status, body } = await callKeyward({ owner: user.id, actor: user.id, address: request.ip }, OPEN_PORTAL, portalOf(user));
  return reply.code(status).header('cache-control', 'no-store').send(body);
});
await app.listen({ port: Number(PORT), host: 'localhost' });
console.log(`The product listens at ${ORIGIN}`);
