// The baseline of the stack without Keyward's code: a bare Fastify route, a route that sends the same bytes as /verify, and a
// bare Apollo Server field.
import { ApolloServer } from '@apollo/server';
import fastifyApollo from '@as-integrations/fastify';
import Fastify from 'fastify';

/** @type {import('./lib.mjs').CopiedAnswer} */
let copied = { headers: {}, body: '' };
process.on('message', (/** @type {import('./lib.mjs').CopiedAnswer} */ answer) => {
  copied = answer;
  process.send?.('copied');
});

const app = Fastify();
app.get('/hello', async () => ({ valid: true }));
app.get('/equal', async (_request, reply) => {
  reply.headers(copied.headers);
  return copied.body;
});
const apollo = new ApolloServer({
  typeDefs: 'type V { valid: Boolean! code: String! } type Query { ok: Boolean } type Mutation { hello(key: String!): V! }',
  resolvers: { Mutation: { hello: () => ({ valid: true, code: 'VALID' }) } },
});
await apollo.start();
await app.register(fastifyApollo(apollo));
const url = await app.listen({ port: 0, host: '127.0.0.1' });
process.on('disconnect', () => process.exit());
process.send?.({ port: Number(new URL(url).port) });
