import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createLocalJWKSet, type JSONWebKeySet } from 'jose';

/** With what a request costs besides, it still ends within five seconds. */
const FETCH_MS_MAX = 3_000;

/** Providers answer with a few kilobytes. */
const BYTES_MAX = 256 * 1_024;

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** @returns the key set in a JSON text; a text that holds none throws */
function parseKeySet(text: string): JSONWebKeySet {
  const keySet: JSONWebKeySet = JSON.parse(text);
  createLocalJWKSet(keySet);
  return keySet;
}

function fileFault(url: URL): string | null {
  try {
    const { keys } = parseKeySet(readFileSync(fileURLToPath(url), 'utf8'));
    if (keys.length === 0) return 'must be a file with at least one public key';
    // RFC 7518 §6: `d` is what makes a key private, `k` a secret one. Neither is needed to verify, and we don't want to hold it.
    return keys.some((key) => 'd' in key || 'k' in key)
      ? 'must be a file with public keys only, but contains a private or secret key'
      : null;
  } catch {
    return 'must be a readable file that contains a JWK set';
  }
}

/** Returns whether keys come from another machine without TLS. */
export const isUnencrypted = (url: URL): boolean => url.protocol === 'http:' && !LOOPBACK_HOST.test(url.hostname);

/**
 * @param text where the keys are to come from; a file is read, nothing is fetched
 * @param options.allowHttp whether http:// may name another machine, too
 * @returns what is wrong with it, or null when nothing is
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
    // The keys come from where the operator says, and from nowhere that this place points to.
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
 * @param url as keySourceFault passes it
 * @returns what gets the current key set from there, or throws
 */
export const keySource =
  (url: URL): (() => Promise<JSONWebKeySet>) =>
  async () =>
    parseKeySet(url.protocol === 'file:' ? await readFile(fileURLToPath(url), 'utf8') : await fetchText(url));
