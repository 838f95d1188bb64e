import { type FragmentDefinitionNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from 'graphql';

const FIELDS_MAX = 10;

function rootFields(selections: SelectionSetNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>, names: Set<string>): void {
  for (const selection of selections.selections) {
    if (names.size === FIELDS_MAX) return;
    if (selection.kind === Kind.FIELD) names.add(selection.name.value);
    else if (selection.kind === Kind.INLINE_FRAGMENT) rootFields(selection.selectionSet, fragments, names);
    else {
      const fragment = fragments.get(selection.name.value);
      if (fragment) rootFields(fragment.selectionSet, fragments, names);
    }
  }
}

/**
 * Describes an operation for the log, for instance `query me, myApiKeys`. It is made of root fields, which a validated
 * document can take from the schema alone. The name of the operation and the aliases are the client's own words, and could
 * hold a secret.
 *
 * @param operation of a document that was validated
 */
export function describeOperation(operation: OperationDefinitionNode, definitions: readonly { kind: Kind }[]): string {
  const fragments = definitions.filter((definition): definition is FragmentDefinitionNode => definition.kind === Kind.FRAGMENT_DEFINITION);
  const names = new Set<string>();
  rootFields(operation.selectionSet, new Map(fragments.map((fragment) => [fragment.name.value, fragment])), names);
  return `${operation.operation} ${[...names].join(', ')}`;
}
