/** A request that a new key can be tried with, as the operator configured it. */
export interface ExampleRequest {
  url: string;
  header: string;
}

export const SNIPPETS = ['key', 'env', 'curl'] as const;

export type Snippet = (typeof SNIPPETS)[number];

/** Quotes text for a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Returns the header of the example, in which {key} stands for the key. */
function headerLine(header: string): string {
  if (header.includes('{key}')) return header;
  if (/^authorization$/i.test(header)) return `${header}: Bearer {key}`;
  return header.includes(':') ? `${header} {key}` : `${header}: {key}`;
}

/** Returns a command that sends the example request, in which {key} stands for the key. */
export const templateOf = ({ url, header }: ExampleRequest): string => `curl ${quoted(url)} \\\n  -H ${quoted(headerLine(header))}`;

/** Returns the text that is shown and copied. */
export function snippetOf(snippet: Snippet, key: string, template: string | null | undefined): string {
  if (snippet === 'env') return `API_KEY=${key}`;
  return snippet === 'curl' && template ? template.replaceAll('{key}', () => key) : key;
}
