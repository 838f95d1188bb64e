import { type FragmentDefinitionNode, type GraphQLSchema, Kind, type OperationDefinitionNode, type SelectionSetNode } from 'graphql';

const FIELDS_MAX = 10;

/** Yields the names of the root fields. Each fragment is visited once, because it may be circular before validation. */
function* rootFields(selections: SelectionSetNode, fragments: Map<string, FragmentDefinitionNode>): Generator<string> {
  for (const selection of selections.selections) {
    if (selection.kind === Kind.FIELD) yield selection.name.value;
    else if (selection.kind === Kind.INLINE_FRAGMENT) yield* rootFields(selection.selectionSet, fragments);
    else {
      const { value: name } = selection.name;
      const fragment = fragments.get(name);
      fragments.delete(name);
      if (fragment) yield* rootFields(fragment.selectionSet, fragments);
    }
  }
}

/**
 * Returns a description of an operation for the log, such as `query me, myApiKeys`: at most ten root fields that the schema
 * has. The client chooses every other name in a document, so it could contain a secret.
 */
export function describeOperation(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  definitions: readonly { kind: Kind }[],
): string {
  const fragments = definitions.filter((definition): definition is FragmentDefinitionNode => definition.kind === Kind.FRAGMENT_DEFINITION);
  const known = schema.getRootType(operation.operation)?.getFields() ?? {};
  const names = new Set<string>();
  for (const name of rootFields(operation.selectionSet, new Map(fragments.map((fragment) => [fragment.name.value, fragment])))) {
    if (Object.hasOwn(known, name)) names.add(name);
    if (names.size === FIELDS_MAX) break;
  }
  return [operation.operation, [...names].join(', ')].join(' ').trim();
}
