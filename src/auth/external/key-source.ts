import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createLocalJWKSet, type JSONWebKeySet } from 'jose';

/** Timeout of the fetch. With it, the whole request still ends within five seconds. */
const FETCH_MS_MAX = 3_000;

/** Maximum size of a response. Providers return a few kilobytes. */
const BYTES_MAX = 256 * 1_024;

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Returns the key set in a JSON text. Throws if the text contains none. */
function parseKeySet(text: string): JSONWebKeySet {
  const keySet: JSONWebKeySet = JSON.parse(text);
  createLocalJWKSet(keySet);
  return keySet;
}

function fileFault(url: URL): string | null {
  try {
    const { keys } = parseKeySet(readFileSync(fileURLToPath(url), 'utf8'));
    if (keys.length === 0) return 'must be a file with at least one public key';
    // RFC 7518 §6: `d` marks a private key, `k` a secret key. Verification needs neither, so Keyward must not hold one.
    return keys.some((key) => 'd' in key || 'k' in key)
      ? 'must be a file with public keys only, but contains a private or secret key'
      : null;
  } catch {
    return 'must be a readable file that contains a JWK set';
  }
}

/** Returns whether the keys come from another machine without TLS. */
export const isUnencrypted = (url: URL): boolean => url.protocol === 'http:' && !LOOPBACK_HOST.test(url.hostname);

/**
 * Checks the location of the keys. It reads a file, but sends no request.
 *
 * @param options.allowHttp whether http:// is allowed for another machine
 * @returns the rule that the location breaks; null if it is valid
 */
export function keySourceFault(text: string, { allowHttp = false } = {}): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === 'file:') return fileFault(url);
  const allowed = url?.protocol === 'https:' || (url?.protocol === 'http:' && (allowHttp || !isUnencrypted(url)));
  return allowed && url?.username === '' && url.password === ''
    ? null
    : 'must be an https:// or file:// URL (http:// only for this machine, or with AUTH_JWKS_ALLOW_HTTP=true)';
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > BYTES_MAX) throw new Error(`the response is longer than ${BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function fetchText(url: URL): Promise<string> {
  const response = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    // The keys come only from the configured location, never from a redirect target.
    redirect: 'error',
    signal: AbortSignal.timeout(FETCH_MS_MAX),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the response has the HTTP status ${response.status}`);
  }
  return readBounded(response);
}

/**
 * Returns a function that loads the current key set, or throws.
 *
 * @param url a URL that keySourceFault accepts
 */
export const keySource =
  (url: URL): (() => Promise<JSONWebKeySet>) =>
  async () =>
    parseKeySet(url.protocol === 'file:' ? await readFile(fileURLToPath(url), 'utf8') : await fetchText(url));
