// An API with Fastify that accepts requests with a valid API key.
import { KeywardVerifier } from '@keyward/client';
import { apiKeyOf, requireApiKey } from '@keyward/client/fastify';
import Fastify from 'fastify';

const { KEYWARD_URL = 'http://127.0.0.1:4000', VERIFIER_TOKEN: verifierToken, PORT = '8000' } = process.env;
const verifier = new KeywardVerifier({ url: KEYWARD_URL, verifierToken });
const onUnavailable = ({ reason, message }) => console.error(`API key not checked: ${message} (${reason})`);

// `trustProxy` lists the proxies before this API. Fastify then takes the address of the caller from them.
const app = Fastify({ trustProxy: '127.0.0.1' });
const onRequest = requireApiKey(verifier, { scopes: ['reports:read'], onUnavailable });
app.get('/reports', { onRequest }, async (request) => ({ owner: apiKeyOf(request).ownerId }));
app.addHook('onClose', async () => verifier.close());

const address = await app.listen({ port: Number(PORT), host: '127.0.0.1' });
console.log(`The API listens at ${address}`);
