import type { Plugin } from 'vite';

/** Removes from the text of a document what GraphQL ignores. */
const compact = (text: string): string =>
  text
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/ ?([{}():!,[\]]|\.\.\.) ?/g, '$1');

/** Replaces the generated documents by compact text, of which the build leaves out what has no user. */
export const compactDocuments = (): Plugin => ({
  name: 'keyward-documents',
  enforce: 'pre',
  transform: {
    filter: { id: /gql\/graphql\.ts$/ },
    handler: (code) => ({
      code: code.replace(/new TypedDocumentString\(`([^`"]*)`[^)]*\)/g, (_, text: string) => `\`${compact(text)}\``),
      map: null,
    }),
  },
});
