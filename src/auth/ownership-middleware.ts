import { defaultFieldResolver, type GraphQLField, type GraphQLNamedType, type GraphQLSchema, getNamedType, isObjectType } from 'graphql';
import { Extensions } from 'type-graphql';
import { KeywardError } from '../platform/errors/keyward-error.js';
import type { AuthContext } from './auth-context.js';
import { mayRead, type Ownership } from './ownership.js';
import type { ServicePermission } from './service-tokens/service-permission.js';

/**
 * Marks a type with objects that belong to one user each. An object that a field leads to from another object of such a type can be
 * read by the user, and by services with the permission.
 *
 * @param ownerIdOf returns the id of the user that an object belongs to; null if it belongs to no user
 */
export const BelongsToUser = (permission: ServicePermission, ownerIdOf: Ownership['ownerIdOf']) =>
  Extensions({ ownership: { permission, ownerIdOf } satisfies Ownership });

const ownershipOf = (type: GraphQLNamedType): Ownership | null => (type.extensions.ownership as Ownership | undefined) ?? null;

/** Returns how the objects in a value of a type belong to users: those of the type itself, or those that it wraps, such as a page. */
function ownershipsIn(type: GraphQLNamedType, seen = new Set<GraphQLNamedType>()): Ownership[] {
  if (!isObjectType(type) || seen.has(type)) return [];
  seen.add(type);
  const own = ownershipOf(type);
  return own ? [own] : Object.values(type.getFields()).flatMap((field) => ownershipsIn(getNamedType(field.type), seen));
}

/** Returns the fields that lead from an object of a user to objects, with the types of these objects. */
function relationsOf(
  schema: GraphQLSchema,
): { typeName: string; field: GraphQLField<unknown, AuthContext>; source: Ownership; targets: Ownership[] }[] {
  return Object.values(schema.getTypeMap()).flatMap((type) => {
    const source = ownershipOf(type);
    if (!source || !isObjectType(type)) return [];
    return Object.values(type.getFields())
      .map((field) => ({ typeName: type.name, field, source, targets: ownershipsIn(getNamedType(field.type)) }))
      .filter(({ targets }) => targets.length > 0);
  });
}

/**
 * Puts one check in front of every field that leads from an object of a user to other objects. Such objects belong to the same
 * user. An operation permits its own result, and this check permits what the result refers to: a service with keys:read alone
 * reads keys, but not their owners.
 *
 * @returns the same schema
 */
export function closeRelations(schema: GraphQLSchema): GraphQLSchema {
  for (const { field, source, targets } of relationsOf(schema)) {
    const resolve = field.resolve ?? defaultFieldResolver;
    field.resolve = async (object, args, context: AuthContext, info) => {
      const caller = await context.authentication.caller();
      const ownerId = source.ownerIdOf(object as never);
      const refused = targets.find((target) => !mayRead(caller, target, ownerId));
      if (refused) {
        if (caller.kind !== 'service') throw new KeywardError('FORBIDDEN', 'This belongs to another user.');
        const { permission: requiredPermission } = refused;
        throw new KeywardError('FORBIDDEN', `The service token lacks the permission ${requiredPermission}.`, { requiredPermission });
      }
      return resolve(object, args, context, info);
    };
  }
  return schema;
}
