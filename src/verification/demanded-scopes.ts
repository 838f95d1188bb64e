import type { IncomingHttpHeaders } from 'node:http';
import { badUserInput, type KeywardError } from '../platform/errors/keyward-error.js';

const QUERY_NAME = 'scope';
const HEADER_NAME = 'x-keyward-required-scope';
/** A response header. In a chain of gateways, a request may contain it; it does not demand a scope. */
const ANSWER_HEADER_NAME = 'x-keyward-scopes';

/** The client, its framework and a gateway may each have encoded a name. */
const DECODINGS_MAX = 4;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Returns the letters of a name, without percent-encoding, width, accents and case: `%53co%2570e[]` becomes `scope`. */
function lettersOf(name: string): string {
  let text = name;
  for (let decodings = 0; decodings < DECODINGS_MAX && text.includes('%'); decodings += 1) text = decoded(text);
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z]/g, '');
}

const resemblesScope = (name: string): boolean => lettersOf(name).includes('scope');

const ambiguous = (path: string, message: string): KeywardError => badUserInput([{ path, message }]);

/**
 * Returns the scopes in the query. A demand in another spelling must be an error, not ignored: `scope[]=admin` (arrays in
 * axios), `SCOPE=admin`, `scopes=admin`, or a `;` as separator, which some servers accept.
 */
function queryScopes(url: string): string[] {
  const start = url.search(/[?#]/);
  if (start === -1) return [];
  const scopes: string[] = [];
  const [query = '', ...fragments] = url.slice(start).replace(/^\?/, '').split('#');
  const others: string[] = [];
  for (const [name, value] of new URLSearchParams(query)) {
    if (name === QUERY_NAME) scopes.push(value);
    else others.push(name);
  }
  for (const part of query.split(/[;?]/).slice(1)) others.push(part.split(/[=&]/, 1)[0] ?? '');
  if (others.some(resemblesScope)) {
    throw ambiguous('scope', 'is the only parameter that demands a scope; remove the parameter with a similar name');
  }
  if (fragments.some(resemblesScope)) throw ambiguous('scope', 'must not be in a fragment');
  return scopes;
}

/** Returns the scopes in the header. `X-Keyward-Required-Scopes` and `X-Required-Scope` are errors: demands in a wrong spelling. */
function headerScopes(headers: IncomingHttpHeaders): string[] {
  for (const name in headers) {
    if (!name.includes('scope') || name === HEADER_NAME || name === ANSWER_HEADER_NAME) continue;
    if (/keyward|required?scope/.test(lettersOf(name))) {
      throw ambiguous('X-Keyward-Required-Scope', 'is the only header that demands a scope; remove the header with a similar name');
    }
  }
  return String(headers[HEADER_NAME] ?? '')
    .split(/[\s,]+/)
    .filter((scope) => scope !== '');
}

/**
 * Returns the scopes that the query and the header demand together, so that a client can add demands, but not remove those
 * of the gateway.
 *
 * @throws {KeywardError} BAD_USER_INPUT if a parameter or header resembles a demand, but has another spelling
 */
export const demandedScopesOf = (url: string, headers: IncomingHttpHeaders): string[] => [...queryScopes(url), ...headerScopes(headers)];
