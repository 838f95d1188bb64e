import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
// The package's ES modules load a second graphql-js, which does not know the schema's types.
import complexity from 'graphql-query-complexity/cjs';

/** A page has no more items, whatever is asked for. */
const PAGE_ITEMS_MAX = 100;

/** What the cost of a field depends on. */
export interface CostArguments {
  /** The cost of the fields below, once. */
  childComplexity: number;
  args: Record<string, unknown>;
  /** The request's. */
  context?: object | undefined;
}

/** The cost of a page, for a field with an argument `first`. */
export const pageCost = ({ childComplexity, args }: CostArguments): number => {
  const first = typeof args.first === 'number' ? args.first : PAGE_ITEMS_MAX;
  return 1 + Math.min(PAGE_ITEMS_MAX, Math.max(1, first)) * childComplexity;
};

const { fieldExtensionsEstimator, getComplexity, simpleEstimator } = complexity;

const ESTIMATORS = [fieldExtensionsEstimator(), simpleEstimator({ defaultComplexity: 1 })];

/**
 * @param variables valid for the operation
 * @returns how many fields the answer may have, by the `complexity` that is declared beside each field; any other field counts 1
 */
export const costOf = (
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  request: { variables: Record<string, unknown>; context: object },
): number =>
  getComplexity({
    schema,
    query: document,
    variables: request.variables,
    context: request.context,
    estimators: ESTIMATORS,
    ...(operation.name && { operationName: operation.name.value }),
  });
