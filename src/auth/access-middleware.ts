import { defaultFieldResolver, type GraphQLObjectType, type GraphQLSchema } from 'graphql';
import { Extensions } from 'type-graphql';
import { accountKeptElsewhere } from './accounts/users.js';
import type { AuthContext } from './auth-context.js';

/** Opens an operation to callers without a session. Every other operation is for signed-in users. */
export const Public = () => Extensions({ isPublic: true });

/** Rejects an operation with FORBIDDEN if an identity provider manages all accounts, because it is for accounts with a password. */
export const LocalAccountsOnly = () => Extensions({ needsLocalAccounts: true });

/** Returns the names of the operations that `@Public()` opens. */
export const publicOperationsOf = (schema: GraphQLSchema): string[] =>
  rootFieldsOf(schema).flatMap(({ name, extensions }) => (extensions.isPublic === true ? [name] : []));

/**
 * Puts one check in front of every operation of a schema. An operation that `@Public()` does not open is rejected with
 * UNAUTHENTICATED if there is no signed-in user, and its resolver is not called. Fields below the root are not checked again.
 *
 * @returns the same schema
 */
export function closeByDefault(schema: GraphQLSchema): GraphQLSchema {
  for (const field of rootFieldsOf(schema)) {
    const { isPublic, needsLocalAccounts } = field.extensions;
    if (isPublic === true && needsLocalAccounts !== true) continue;
    const resolve = field.resolve ?? defaultFieldResolver;
    field.resolve = async (source, args, context: AuthContext, info) => {
      if (needsLocalAccounts === true && !context.localAccounts) throw accountKeptElsewhere();
      if (isPublic !== true) await context.authentication.viewer();
      return resolve(source, args, context, info);
    };
  }
  return schema;
}

function rootFieldsOf(schema: GraphQLSchema) {
  const types = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  return types.filter((type): type is GraphQLObjectType => Boolean(type)).flatMap((type) => Object.values(type.getFields()));
}
