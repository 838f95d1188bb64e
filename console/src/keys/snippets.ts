/** A request that a new key can be tried with, as the operator configured it. */
export interface ExampleRequest {
  url: string;
  header: string;
}

export const SNIPPETS = ['key', 'env', 'curl'] as const;

export type Snippet = (typeof SNIPPETS)[number];

/** Quotes text for a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Returns the header of the example with the key in it. A header without a place for the key is a name. */
function headerLine(header: string, key: string): string {
  if (/\{key\}/i.test(header)) return header.replace(/\{key\}/gi, () => key);
  if (/^authorization$/i.test(header)) return `${header}: Bearer ${key}`;
  return header.includes(':') ? `${header} ${key}` : `${header}: ${key}`;
}

/** Returns the text that is shown and copied. */
export function snippetOf(snippet: Snippet, key: string, example: ExampleRequest | null): string {
  if (snippet === 'env') return `API_KEY=${key}`;
  if (snippet === 'curl' && example) return `curl ${quoted(example.url)} \\\n  -H ${quoted(headerLine(example.header, key))}`;
  return key;
}
