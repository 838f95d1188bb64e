// The backend of a settings page with API keys, for Express.
import express from 'express';
import { answerOf, create, list, openPortal, revoke } from './keyward.mjs';
import { ownerOf, signIn, userOf } from './users.mjs';

/** Runs an operation for the signed-in user, or for an organisation of the user. */
const run = (operation) => async (request, response) => {
  const user = userOf(request.headers.cookie);
  if (!user) return response.sendStatus(401);
  const owner = ownerOf(user, request.params.organisation);
  if (!owner) return response.sendStatus(403);
  const person = { owner, actor: user.id, address: request.ip };
  const { status, body } = await answerOf(operation(person, request));
  return response.status(status).set('cache-control', 'no-store').json(body);
};

const app = express();
app.use(express.json());
app.post('/sign-in', (request, response) => {
  const cookie = signIn(request.body);
  return cookie ? response.set('set-cookie', cookie).sendStatus(204) : response.sendStatus(401);
});
for (const path of ['', '/organisations/:organisation']) {
  app.get(`${path}/api-keys`, run(list));
  app.post(`${path}/api-keys`, run(create));
  app.delete(`${path}/api-keys/:id`, run(revoke));
  app.post(`${path}/portal-session`, run(openPortal));
}
const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`The product listens at http://127.0.0.1:${server.address().port}`);
});
