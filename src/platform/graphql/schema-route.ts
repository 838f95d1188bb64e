import type { FastifyInstance } from 'fastify';
import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';

/** `GET /schema.graphql`: the schema as a text that people and tools read. To be registered only where the schema is public. */
export function registerSchemaRoute(app: FastifyInstance, schema: GraphQLSchema): void {
  const text = `${printSchema(lexicographicSortSchema(schema))}\n`;
  // text/plain, so that browsers show it instead of saving it.
  app.get('/schema.graphql', (_request, reply) => reply.type('text/plain; charset=utf-8').send(text));
}
