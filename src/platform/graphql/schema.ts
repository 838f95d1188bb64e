import type { GraphQLSchema } from 'graphql';
import { buildSchemaSync, type NonEmptyArray } from 'type-graphql';
import { DateTime } from './scalars.js';

// biome-ignore lint/complexity/noBannedTypes: TypeGraphQL names a class by its constructor.
type ResolverClass = Function;

/** Builds the schema that the decorators of the resolvers describe. Pass one instance of each class. */
export function buildGraphqlSchema(resolvers: NonEmptyArray<object>): GraphQLSchema {
  const instances = new Map<unknown, object>(resolvers.map((resolver) => [resolver.constructor, resolver]));
  return buildSchemaSync({
    resolvers: resolvers.map((resolver) => resolver.constructor) as unknown as NonEmptyArray<ResolverClass>,
    container: { get: (resolver) => instances.get(resolver) },
    scalarsMap: [{ type: Date, scalar: DateTime }],
    // Services validate their input. The messages of TypeGraphQL's validation would contain the values.
    validate: false,
  });
}
