import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
// The package's ES modules load a second graphql-js, which does not know the schema's types.
import complexity from 'graphql-query-complexity/cjs';
import { PAGE_ITEMS_MAX } from '../pagination.js';

/** Input of the function that computes the cost of a field. */
export interface CostArguments {
  /** Cost of the selected subfields for one item. */
  childComplexity: number;
  args: Record<string, unknown>;
  /** Context of the request. */
  context?: object | undefined;
}

/** Returns the cost of a page: of a field with an argument `first`, which returns at most PAGE_ITEMS_MAX items. */
export const pageCost = ({ childComplexity, args }: CostArguments): number => {
  const first = typeof args.first === 'number' ? args.first : PAGE_ITEMS_MAX;
  return 1 + Math.min(PAGE_ITEMS_MAX, Math.max(1, first)) * childComplexity;
};

/** Returns the function that computes the cost of a list of at most `itemsMax` items. */
export const listCost =
  (itemsMax: number) =>
  ({ childComplexity }: Pick<CostArguments, 'childComplexity'>): number =>
    1 + itemsMax * childComplexity;

const { fieldExtensionsEstimator, getComplexity, simpleEstimator } = complexity;

const ESTIMATORS = [fieldExtensionsEstimator(), simpleEstimator({ defaultComplexity: 1 })];

/**
 * Returns the number of fields that the response may have. A field with a `complexity` in the schema counts as declared there,
 * every other field counts 1.
 *
 * @param request.variables must be valid for the operation
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
