import { hash } from 'node:crypto';
import type { ApolloServerPlugin, GraphQLRequestContext } from '@apollo/server';
import { ApolloServerErrorCode } from '@apollo/server/errors';
import { GraphQLError, type OperationDefinitionNode } from 'graphql';
import { badUserInput, KeywardError } from '../errors/keyward-error.js';
import { NEW_DOCUMENT_LIMITS } from '../limits.js';
import { type LoopTurn, LoopTurns } from '../queues/loop-turns.js';
import { queueNetworkOf } from '../queues/network-turn.js';
import { costOf } from './cost.js';
import type { AcceptedDocuments } from './documents.js';
import { FirstRequests } from './first-requests.js';
import { graphqlToKeywardError } from './format-error.js';
import { type DocumentLimits, sourceFault } from './query-limits.js';
import type { Redactor } from './redaction.js';
import type { RequestContext } from './request-context.js';
import { documentError } from './validation.js';
import { checkInput } from './variables.js';

/** Parsed instead of a rejected document, because Apollo always parses one. It is never executed. */
const PLACEHOLDER = '{ __typename }';

const invalid = (message: string, nodes: GraphQLError['nodes'] = undefined) =>
  new GraphQLError(message, { ...(nodes && { nodes }), extensions: { code: ApolloServerErrorCode.GRAPHQL_VALIDATION_FAILED } });

/** Costs of operations of cached documents, if they do not depend on a variable. */
const fixedCosts = new WeakMap<OperationDefinitionNode, number>();

/** Throws an error if a request is invalid. Otherwise stores its cost in the allowance of the request. */
function admit(
  options: { limits: DocumentLimits; introspection: boolean; redactor: Redactor; documents: AcceptedDocuments },
  { schema, document, operation, request, contextValue, queryHash = '', source = '' }: GraphQLRequestContext<RequestContext>,
): void {
  if (!document) return;
  const { limits, redactor, documents } = options;
  if (!documents.has(queryHash, document)) {
    const error = documentError(schema, document, options);
    if (error) throw invalid(error.message, error.nodes);
  }
  if (operation) {
    const variables = request.variables ?? {};
    const { faults, uses } = checkInput(schema, document, operation, variables, redactor);
    if (faults.length > 0) throw badUserInput(faults);
    const cost = fixedCosts.get(operation) ?? costOf(schema, document, operation, { variables, context: contextValue });
    if (uses?.decideCost === false) fixedCosts.set(operation, cost);
    if (cost > limits.cost) throw invalid(`The response could have ${cost} fields. The maximum is ${limits.cost}.`, [operation]);
    contextValue.allowance.cost = cost;
  }
  documents.accept(queryHash, document, source.length);
}

/**
 * Waits for the turn of a document that is not cached, before it is parsed, because hostile documents that arrive together
 * must not delay verification. The documents that a product sends repeatedly are cached, and do not wait.
 */
async function begin(
  query: string,
  { ipAddress }: RequestContext,
  turns: LoopTurns,
  limits: DocumentLimits,
): Promise<{ turn?: LoopTurn; error?: Error }> {
  try {
    const turn = await turns.pass(queueNetworkOf(ipAddress), query.length);
    const fault = sourceFault(query, limits);
    if (fault === null) return { turn };
    turn.isRejected = true;
    return { turn, error: invalid(fault) };
  } catch (error) {
    if (error instanceof KeywardError) return { error };
    throw error;
  }
}

/**
 * Creates the plugin that validates a request before execution. The cheap checks come first: the length of the document, its
 * limits, the validation of graphql-js, its values, and the cost of its response. It replaces the validation of Apollo
 * Server, which collects a hundred errors with up to thousands of positions each before any limit can apply.
 */
export function admissionPlugin(options: Parameters<typeof admit>[0]): ApolloServerPlugin<RequestContext> {
  const turns = new LoopTurns(NEW_DOCUMENT_LIMITS);
  const firsts = new FirstRequests();
  return {
    requestDidStart: async ({ request, contextValue }) => {
      const { query = PLACEHOLDER } = request;
      const documentHash = hash('sha256', query);
      const isNew = () => !options.documents.keeps(documentHash);
      const canBeCached = query.length <= options.limits.rememberedDocumentCharacters;
      // A document is cached at its second use.
      for (let uses = 0; uses < 2 && canBeCached && isNew(); uses += 1) {
        const first = firsts.join(documentHash);
        if (first === undefined) break;
        await first;
      }
      const settle = isNew() ? firsts.begin(documentHash) : () => undefined;
      const { turn, error } = isNew() ? await begin(query, contextValue, turns, options.limits) : {};
      if (error) {
        request.query = PLACEHOLDER;
        settle();
      }
      const reject = () => {
        if (turn) turn.isRejected = true;
      };
      return {
        parsingDidStart: async () => async (parseError) => {
          if (!parseError) return;
          reject();
          settle();
        },
        didResolveOperation: async (requestContext) => {
          if (error) throw error;
          try {
            admit(options, requestContext);
          } catch (admissionError) {
            if (admissionError instanceof GraphQLError) reject();
            throw admissionError;
          } finally {
            settle();
          }
        },
        willSendResponse: async ({ errors = [] }) => {
          settle();
          const isUnavailable = errors.some((each) => graphqlToKeywardError(each)?.code === 'SERVICE_UNAVAILABLE');
          contextValue.allowance.leave(isUnavailable ? 'unavailable' : 'done');
        },
      };
    },
    unexpectedErrorProcessingRequest: async ({ requestContext }) => requestContext.contextValue.allowance.leave(),
  };
}
