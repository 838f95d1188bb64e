import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  specifiedRules,
  type ValidationRule,
  ValuesOfCorrectTypeRule,
  validate,
} from 'graphql';
import { type DocumentLimits, limitFault } from './query-limits.js';

/** Literals are checked together with variables, so that both get the same answer. */
const RULES = specifiedRules.filter((rule) => rule !== ValuesOfCorrectTypeRule);

/** Apollo Server's own rule speaks of a parameter of its constructor. */
const noIntrospectionRule: ValidationRule = (context) => ({
  Field(node) {
    if (node.name.value !== '__schema' && node.name.value !== '__type') return;
    context.reportError(new GraphQLError('Introspection is disabled. Set INTROSPECTION=true to enable it.', { nodes: [node] }));
  },
});

/** Operation types that the schema lacks would fail only when they are executed. */
function unknownOperation(schema: GraphQLSchema, document: DocumentNode): GraphQLError | null {
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION || schema.getRootType(definition.operation)) continue;
    return new GraphQLError(`The schema has no ${definition.operation} operations.`, { nodes: [definition] });
  }
  return null;
}

/**
 * Checks the limits first: the rules of graphql-js take time that grows with the square of the document. They stop at the
 * first error, because each one is costly and a hostile document can have a hundred.
 *
 * @returns what is wrong with the document; null if it is valid. Its literals are not looked at
 */
export function documentError(
  schema: GraphQLSchema,
  document: DocumentNode,
  options: { limits: DocumentLimits; introspection: boolean },
): GraphQLError | null {
  const fault = limitFault(document, options.limits);
  if (fault) return new GraphQLError(fault.message, { nodes: [fault.node] });
  const rules = options.introspection ? RULES : [...RULES, noIntrospectionRule];
  const [error] = validate(schema, document, rules, { maxErrors: 1, hideSuggestions: !options.introspection });
  return error ?? unknownOperation(schema, document);
}
