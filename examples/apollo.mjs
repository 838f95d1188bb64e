// A GraphQL API with Apollo Server that accepts requests with a valid API key.
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { KeywardVerifier } from '@keyward/client';
import { requireApiKey } from '@keyward/client/apollo';

const { KEYWARD_URL = 'http://127.0.0.1:4000', VERIFIER_TOKEN: verifierToken, PORT = '8000' } = process.env;
const verifier = new KeywardVerifier({ url: KEYWARD_URL, verifierToken });
const onUnavailable = ({ reason, message }) => console.error(`API key not checked: ${message} (${reason})`);

const server = new ApolloServer({
  typeDefs: 'type Query { owner: ID! }',
  resolvers: { Query: { owner: (_parent, _args, { apiKey }) => apiKey.ownerId } },
});
const { url } = await startStandaloneServer(server, {
  context: requireApiKey(verifier, { scopes: ['reports:read'], onUnavailable }),
  listen: { port: Number(PORT), host: '127.0.0.1' },
});
console.log(`The API listens at ${url}`);
