import { GraphQLSchema } from 'graphql';
import { buildSchemaSync, type NonEmptyArray } from 'type-graphql';
import { ErrorCodeType } from './error-code-type.js';
import { DateTime } from './scalars.js';

// biome-ignore lint/complexity/noBannedTypes: TypeGraphQL names a class by its constructor.
type ResolverClass = Function;

/** Builds the schema that the decorators of the resolvers describe, and adds the error codes. Pass one instance of each class. */
export function buildGraphqlSchema(resolvers: NonEmptyArray<object>): GraphQLSchema {
  const instances = new Map<unknown, object>(resolvers.map((resolver) => [resolver.constructor, resolver]));
  const schema = buildSchemaSync({
    resolvers: resolvers.map((resolver) => resolver.constructor) as unknown as NonEmptyArray<ResolverClass>,
    container: { get: (resolver) => instances.get(resolver) },
    scalarsMap: [{ type: Date, scalar: DateTime }],
    // Services validate their input. The messages of TypeGraphQL's validation would contain the values.
    validate: false,
  });
  const config = schema.toConfig();
  return new GraphQLSchema({ ...config, types: [...config.types, ErrorCodeType] });
}
