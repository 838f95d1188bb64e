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

/** Without the rule for literals: variables.ts checks them together with variables, so that both get the same error. */
const RULES = specifiedRules.filter((rule) => rule !== ValuesOfCorrectTypeRule);

/** Replaces the rule of Apollo Server, because its message refers to an option of Apollo Server's constructor. */
const noIntrospectionRule: ValidationRule = (context) => ({
  Field(node) {
    if (node.name.value !== '__schema' && node.name.value !== '__type') return;
    context.reportError(new GraphQLError('Introspection is disabled. Set INTROSPECTION=true to enable it.', { nodes: [node] }));
  },
});

/** Returns an error for an operation type that the schema lacks. graphql-js detects it only during execution. */
function unknownOperation(schema: GraphQLSchema, document: DocumentNode): GraphQLError | null {
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION || schema.getRootType(definition.operation)) continue;
    return new GraphQLError(`The schema has no ${definition.operation} operations.`, { nodes: [definition] });
  }
  return null;
}

/**
 * Returns the first error of a document; null if it is valid. Does not check its literals. The limits come first, because
 * the time of the rules of graphql-js grows with the square of the document. The rules stop at the first error, because
 * each error is costly and a hostile document can have a hundred.
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
