// Creates the key pair that your backend signs its tokens with. Run it once. private-key.pem stays with the backend, and
// Keyward reads the public key from jwks.json.
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'product-1', use: 'sig', alg: 'ES256' };
// The flag `wx` throws an error instead of replacing a key that is in use.
writeFileSync('private-key.pem', privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flag: 'wx' });
writeFileSync('jwks.json', `${JSON.stringify({ keys: [jwk] }, null, 2)}\n`, { flag: 'wx' });
