import type { FastifyInstance } from 'fastify';
import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';

/** Registers `GET /schema.graphql`, which returns the schema in SDL. To be registered only if the schema is public. */
export function registerSchemaRoute(app: FastifyInstance, schema: GraphQLSchema): void {
  const text = `${printSchema(lexicographicSortSchema(schema))}\n`;
  // With text/plain, browsers show the schema instead of downloading it.
  app.get('/schema.graphql', (_request, reply) => reply.type('text/plain; charset=utf-8').send(text));
}
