// The backend of a settings page with API keys, for Fastify.
import Fastify from 'fastify';
import { answerOf, create, list, openPortal, revoke } from './keyward.mjs';
import { ownerOf, signIn, userOf } from './users.mjs';

/** Runs an operation for the signed-in user, or for an organisation of the user. */
const run = (operation) => async (request, reply) => {
  const user = userOf(request.headers.cookie);
  if (!user) return reply.code(401).send();
  const owner = ownerOf(user, request.params.organisation);
  if (!owner) return reply.code(403).send();
  const person = { owner, actor: user.id, address: request.ip };
  const { status, body } = await answerOf(operation(person, request));
  return reply.code(status).header('cache-control', 'no-store').send(body);
};

const app = Fastify();
app.post('/sign-in', (request, reply) => {
  const cookie = signIn(request.body ?? {});
  return cookie ? reply.code(204).header('set-cookie', cookie).send() : reply.code(401).send();
});
for (const path of ['', '/organisations/:organisation']) {
  app.get(`${path}/api-keys`, run(list));
  app.post(`${path}/api-keys`, run(create));
  app.delete(`${path}/api-keys/:id`, run(revoke));
  app.post(`${path}/portal-session`, run(openPortal));
}
const address = await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' });
console.log(`The product listens at ${address}`);
