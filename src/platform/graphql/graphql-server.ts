import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from '../logger.js';
import type { ErrorCounter } from '../process-metrics.js';
import { admissionPlugin } from './admission-plugin.js';
import { AcceptedDocuments } from './documents.js';
import { publicErrorFormatter } from './format-error.js';
import { httpPlugin } from './http-plugin.js';
import type { DocumentLimits } from './query-limits.js';
import { createRedactor } from './redaction.js';
import type { RequestContext } from './request-context.js';
import { sandboxPlugin } from './sandbox.js';

/**
 * @param options.introspection whether the schema may be read, by tools and through the hints of error messages
 * @param options.sandbox whether a browser that opens the API's address gets Apollo Sandbox
 * @returns Apollo Server, not started yet
 */
export function createGraphqlServer<C extends RequestContext>(options: {
  schema: GraphQLSchema;
  introspection: boolean;
  logger: Logger;
  countError: ErrorCounter;
  limits: DocumentLimits;
  sandbox: boolean;
}): ApolloServer<C> {
  const { schema, introspection, logger, countError, limits } = options;
  const redactor = createRedactor(schema, introspection);
  const documents = new AcceptedDocuments(limits.rememberedCharacters, limits.rememberedDocumentCharacters);
  // Apollo logs text that may quote a request; what matters of it is logged by the plugin.
  const log = (level: 'debug' | 'info' | 'warn' | 'error') => () => logger[level]('Apollo Server logged a message');
  return new ApolloServer<C>({
    schema,
    introspection,
    hideSchemaDetailsFromClientErrors: !introspection,
    includeStacktraceInErrorResponses: false,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: limits.tokens, noLocation: true },
    documentStore: documents,
    // The admission plugin validates, limits first.
    dangerouslyDisableValidation: true,
    formatError: publicErrorFormatter(redactor),
    logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    plugins: [
      httpPlugin(logger, countError),
      admissionPlugin({ limits, introspection, redactor, documents }),
      options.sandbox ? sandboxPlugin : ApolloServerPluginLandingPageDisabled(),
      // Nothing here may be stored by a cache, and this one would look at each field of each answer.
      ApolloServerPluginCacheControlDisabled(),
      // Apollo turns these on where it finds settings of its own in the environment. Nothing of a request may leave.
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
    ],
  });
}
