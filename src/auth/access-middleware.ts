import {
  defaultFieldResolver,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from 'graphql';
import { Extensions } from 'type-graphql';
import { accountKeptElsewhere } from './accounts/users.js';
import type { AuthContext } from './auth-context.js';
import { type Access, type Caller, userOf } from './caller.js';
import { refusalOfRelation } from './ownership.js';
import { closeRelations, relationsBelow } from './ownership-middleware.js';
import type { PortalPermission } from './portal-sessions/portal-permission.js';
import type { ServicePermission } from './service-tokens/service-permission.js';

/** Opens an operation to callers without a credential. Every other operation is for signed-in users. */
export const Public = () => Extensions({ isPublic: true });

/** Rejects an operation with FORBIDDEN if Keyward keeps no accounts, because it is for accounts with a password. */
export const LocalAccountsOnly = () => Extensions({ needsLocalAccounts: true });

/** What the marks for people and services say. The mark for portal sessions is another one, because it is combined with them. */
type PeopleAndServices = Omit<Access, 'portal'>;

/** Opens an operation to services too, with users:act and a user that they act for. */
export const ForActingServices = () => Extensions({ access: { people: true, services: 'acting' } satisfies PeopleAndServices });

/**
 * Opens an operation to services alone.
 *
 * @param services the permission that they need; `any` if they need none
 */
export const ForServices = (services: ServicePermission | 'any') =>
  Extensions({ access: { people: false, services } satisfies PeopleAndServices });

/**
 * Opens an operation to portal sessions too.
 *
 * @param permissions the permissions of which the session needs one; none if every portal session may use the operation
 */
export const ForPortalSessions = (...permissions: PortalPermission[]) => Extensions({ portal: permissions });

const PEOPLE: PeopleAndServices = { people: true, services: 'none' };

/** Returns the access of each operation, by its name. `public`: everyone may use it. */
export const accessOf = (schema: GraphQLSchema): Map<string, Access | 'public'> =>
  new Map(rootFieldsOf(schema).map(({ name, extensions }) => [name, extensions.isPublic === true ? 'public' : accessIn(extensions)]));

const accessIn = ({ access, portal }: { access?: unknown; portal?: unknown }): Access => ({
  ...((access as PeopleAndServices | undefined) ?? PEOPLE),
  portal: (portal as Access['portal'] | undefined) ?? null,
});

/**
 * Puts one check in front of every operation of a schema. An operation that is not marked is for signed-in users: it is rejected
 * for every other caller, and its resolver is not called. `closeRelations` checks the fields below the root.
 *
 * @returns the same schema
 */
export function closeByDefault(schema: GraphQLSchema): GraphQLSchema {
  for (const field of rootFieldsOf(schema)) {
    const { isPublic, needsLocalAccounts } = field.extensions;
    const resolve = field.resolve ?? defaultFieldResolver;
    const guarded = isPublic === true ? resolve : authorized(accessIn(field.extensions), resolve);
    field.resolve = (source, args, context: AuthContext, info) => {
      context.authentication.refuseBrowser();
      if (needsLocalAccounts === true && !context.localAccounts) throw accountKeptElsewhere();
      return guarded(source, args, context, info);
    };
  }
  return closeRelations(schema);
}

type Resolver = GraphQLFieldResolver<unknown, AuthContext>;

/** Returns a resolver that rejects callers who may not use the operation. */
const authorized = (access: Access, resolve: Resolver): Resolver => {
  return async (source, args, context, info) => {
    const { authentication } = context;
    const run = async () => {
      const caller = await authentication.authorize(access);
      if (info.parentType === info.schema.getMutationType()) refuseBelow(info, caller);
      return resolve(source, args, context, info);
    };
    try {
      return await run();
    } catch (error) {
      if (access.services !== 'acting' || !(await authentication.isToBeRetried(error))) throw error;
      return run();
    }
  };
};

/** @throws {KeywardError} FORBIDDEN if the caller may not read what the result of an operation leads to */
function refuseBelow(info: GraphQLResolveInfo, caller: Caller): void {
  // What a person, or a service that acts for a user, changes is their own.
  if (caller.kind === 'person' || (caller.kind === 'service' && caller.onBehalfOf !== null)) return;
  const ownId = userOf(caller)?.id ?? null;
  for (const relation of relationsBelow(info)) {
    const refusal = refusalOfRelation(caller, relation, ownId);
    if (refusal) throw refusal;
  }
}

function rootFieldsOf(schema: GraphQLSchema) {
  const types = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  return types.filter((type): type is GraphQLObjectType => Boolean(type)).flatMap((type) => Object.values(type.getFields()));
}
