import {
  defaultFieldResolver,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
  type SelectionSetNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
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

/**
 * Returns the permissions that a portal session needs for what an operation returns. They are checked before a mutation changes
 * anything: an error below its result would discard the result, and with it a plaintext that is returned once.
 */
export function permissionsBelow({ schema, fieldNodes, fragments, returnType }: GraphQLResolveInfo): Set<PortalPermission> {
  const permissions = new Set<PortalPermission>();
  const types = new TypeInfo(schema, returnType);
  const seen = new Set<string>();
  const collect = (node: SelectionSetNode | FragmentDefinitionNode) =>
    visit(
      node,
      visitWithTypeInfo(types, {
        Field() {
          const [parent, type] = [types.getParentType(), types.getType()];
          const permission = type ? PERMISSIONS.get(getNamedType(type).name) : undefined;
          if (permission !== undefined && isObjectType(parent) && isChecked(parent, schema)) permissions.add(permission);
        },
        FragmentSpread({ name: { value: name } }) {
          const fragment = fragments[name];
          if (!fragment || seen.has(name)) return;
          seen.add(name);
          collect(fragment);
        },
      }),
    );
  for (const { selectionSet } of fieldNodes) if (selectionSet) collect(selectionSet);
  return permissions;
}

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
