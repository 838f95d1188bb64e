import type { GraphQLSchema } from 'graphql';
import { buildSchemaSync, type NonEmptyArray } from 'type-graphql';
import { DateTime } from './scalars.js';

// biome-ignore lint/complexity/noBannedTypes: TypeGraphQL names a class by its constructor.
type ResolverClass = Function;

/**
 * @param resolvers the instances that answer; each class once
 * @returns the schema that their decorators describe
 */
export function buildGraphqlSchema(resolvers: NonEmptyArray<object>): GraphQLSchema {
  const instances = new Map<unknown, object>(resolvers.map((resolver) => [resolver.constructor, resolver]));
  return buildSchemaSync({
    resolvers: resolvers.map((resolver) => resolver.constructor) as unknown as NonEmptyArray<ResolverClass>,
    container: { get: (resolver) => instances.get(resolver) },
    scalarsMap: [{ type: Date, scalar: DateTime }],
    // Bounds are the services' matter. TypeGraphQL's own validation answers with the values.
    validate: false,
  });
}
