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
 * Creates Apollo Server. The caller must start it.
 *
 * @param options.introspection whether clients can read the schema, by introspection and in hints of error messages
 * @param options.sandbox whether a browser that opens the URL of the API receives Apollo Sandbox
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
  // Apollo's log messages may quote a request. The HTTP plugin logs its errors instead.
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
    // The admission plugin validates documents, after their limits.
    dangerouslyDisableValidation: true,
    formatError: publicErrorFormatter(redactor),
    logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    plugins: [
      httpPlugin(logger, countError),
      admissionPlugin({ limits, introspection, redactor, documents }),
      options.sandbox ? sandboxPlugin : ApolloServerPluginLandingPageDisabled(),
      // Responses have `Cache-Control: no-store`, and this plugin would inspect each field of each response.
      ApolloServerPluginCacheControlDisabled(),
      // Apollo enables these if the environment contains its settings. No part of a request may be sent to Apollo.
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
    ],
  });
}
