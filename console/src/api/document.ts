import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import type { TypedDocumentString } from '../gql/graphql';

/**
 * Returns a generated document in the form that urql takes. The documents are generated as text, which is a sixth of the size of
 * their syntax trees; urql parses them.
 */
export const documentOf = <Data, Variables>(document: TypedDocumentString<Data, Variables>): TypedDocumentNode<Data, Variables> =>
  document.toString() as unknown as TypedDocumentNode<Data, Variables>;
