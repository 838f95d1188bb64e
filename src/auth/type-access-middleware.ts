import { defaultFieldResolver, type GraphQLObjectType, type GraphQLSchema, getNamedType, isObjectType } from 'graphql';
import type { AuthContext } from './auth-context.js';
import { PortalPermission } from './portal-sessions/portal-permission.js';

/** The permission that a portal session needs to read objects of a type, whatever the path to them. */
const PERMISSIONS: ReadonlyMap<string, PortalPermission> = new Map([
  ['ApiKey', PortalPermission.KEYS_READ],
  ['ApiKeyConnection', PortalPermission.KEYS_READ],
  ['AuditEvent', PortalPermission.AUDIT_READ],
  ['AuditEventConnection', PortalPermission.AUDIT_READ],
]);

/**
 * The fields of other types are not checked: an operation of a root type has its own check, the payload of an operation contains
 * the objects that the operation changed, and the pages of a list come from a checked field.
 */
const isChecked = (type: GraphQLObjectType, schema: GraphQLSchema): boolean =>
  type !== schema.getQueryType() && type !== schema.getMutationType() && !/^__|(?:Payload|Connection|Edge)$/.test(type.name);

/** Puts a check in front of every field that leads to another object. @returns the same schema */
export function closeTypes(schema: GraphQLSchema): GraphQLSchema {
  const types = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type));
  for (const field of types.filter((type) => isChecked(type, schema)).flatMap((type) => Object.values(type.getFields()))) {
    const permission = PERMISSIONS.get(getNamedType(field.type).name);
    if (permission === undefined) continue;
    const resolve = field.resolve ?? defaultFieldResolver;
    field.resolve = async (source, args, context: AuthContext, info) => {
      await context.authentication.authorizePortal(permission);
      return resolve(source, args, context, info);
    };
  }
  return schema;
}
