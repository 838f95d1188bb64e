// An API with Express that accepts requests with a valid API key.
import { KeywardVerifier } from '@keyward/client';
import { apiKeyOf, requireApiKey } from '@keyward/client/express';
import express from 'express';

const { KEYWARD_URL = 'http://127.0.0.1:4000', VERIFIER_TOKEN: verifierToken, PORT = '8000' } = process.env;
const verifier = new KeywardVerifier({ url: KEYWARD_URL, verifierToken });
const onUnavailable = ({ reason, message }) => console.error(`API key not checked: ${message} (${reason})`);

// `trust proxy` lists the proxies before this API. Express then takes the address of the caller from them.
const app = express().set('trust proxy', '127.0.0.1');
app.use('/reports', requireApiKey(verifier, { scopes: ['reports:read'], onUnavailable }));
app.get('/reports', (request, response) => response.json({ owner: apiKeyOf(request).ownerId }));

const server = app.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`The API listens at http://127.0.0.1:${server.address().port}`);
});
