import {
  defaultFieldResolver,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
  type SelectionSetNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { Extensions } from 'type-graphql';
import type { AuthContext } from './auth-context.js';
import { type Ownership, refusalOfRelation } from './ownership.js';

/**
 * Marks a type with objects that belong to one user each. An object that a field leads to from another object of such a type can be
 * read by the user, and by the services and portal sessions that have the permission.
 *
 * @param permissions.service with which a service reads the objects of every user
 * @param permissions.portal that a portal session needs for the objects of its user; null if it needs none
 * @param ownerIdOf returns the id of the user that an object belongs to; null if it belongs to no user
 */
export const BelongsToUser = (permissions: Pick<Ownership, 'service' | 'portal'>, ownerIdOf: Ownership['ownerIdOf']) =>
  Extensions({ ownership: { ...permissions, ownerIdOf } satisfies Ownership });

/**
 * Marks a type with objects that belong to no user. What they lead to needs the permission for its own type: a service that changes
 * policies reads the keys that a change affects only with keys:read.
 */
export const BelongsToNoUser = () => Extensions({ belongsToNoUser: true });

/** The extensions of a type that is marked, and of a field that leads to objects of such a type. */
interface Marks {
  ownership?: Ownership;
  belongsToNoUser?: boolean;
  relation?: Ownership;
}

const ownershipOf = ({ extensions }: GraphQLNamedType): Ownership | undefined => (extensions as Marks).ownership;

/** Returns the id of the user that each object of a type belongs to, as a function. Undefined for a type that is not marked. */
const ownerIdsOf = (type: GraphQLNamedType): Ownership['ownerIdOf'] | undefined =>
  (type.extensions as Marks).belongsToNoUser ? () => null : ownershipOf(type)?.ownerIdOf;

/** Returns how the objects in a value of a type belong to users: those of the type itself, or those that it wraps, such as a page. */
function ownershipIn(type: GraphQLNamedType, seen = new Set<GraphQLNamedType>()): Ownership | undefined {
  if (!isObjectType(type) || seen.has(type)) return undefined;
  seen.add(type);
  const wrapped = () => Object.values(type.getFields()).map((field) => ownershipIn(getNamedType(field.type), seen));
  return ownershipOf(type) ?? wrapped().find((ownership) => ownership !== undefined);
}

/**
 * Puts one check in front of every field that leads from an object of a user to other objects. Such objects belong to the same
 * user. An operation permits its own result, and this check permits what the result refers to: a service with keys:read alone
 * reads keys, but not their owners.
 *
 * @returns the same schema
 */
export function closeRelations(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    const ownerIdOf = ownerIdsOf(type);
    if (!ownerIdOf || !isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const relation = ownershipIn(getNamedType(field.type));
      if (!relation) continue;
      const resolve = field.resolve ?? defaultFieldResolver;
      field.extensions = { ...field.extensions, relation };
      field.resolve = async (object, args, context: AuthContext, info) => {
        const refusal = refusalOfRelation(await context.authentication.caller(), relation, ownerIdOf(object as never));
        if (refusal) throw refusal;
        return resolve(object, args, context, info);
      };
    }
  }
  return schema;
}

/**
 * Returns the relations to objects of users that the result of an operation leads to. They are checked before a mutation changes
 * anything: an error below its result would discard the result, and with it a plaintext that is returned once.
 */
export function relationsBelow({ schema, fieldNodes, fragments, returnType }: GraphQLResolveInfo): Set<Ownership> {
  const relations = new Set<Ownership>();
  const types = new TypeInfo(schema, returnType);
  const seen = new Set<string>();
  const collect = (node: SelectionSetNode | FragmentDefinitionNode) =>
    visit(
      node,
      visitWithTypeInfo(types, {
        Field() {
          const relation = (types.getFieldDef()?.extensions as Marks | undefined)?.relation;
          if (relation) relations.add(relation);
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
  return relations;
}
