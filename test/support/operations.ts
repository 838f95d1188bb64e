import { type GraphQLInputType, getNamedType, isEnumType, isInputObjectType, isLeafType, isListType, isNonNullType } from 'graphql';
import { buildKeywardSchema } from '../../src/keyward-schema.js';

const schema = buildKeywardSchema({} as never);

const operationsOf = (kind: 'query' | 'mutation') => {
  const type = kind === 'query' ? schema.getQueryType() : schema.getMutationType();
  return Object.values(type?.getFields() ?? {}).map((field) => ({ kind, field, name: field.name }));
};

/** Every operation of the schema. */
export const OPERATIONS = [...operationsOf('query'), ...operationsOf('mutation')];

/** Returns a literal that the type accepts. */
function literalOf(type: GraphQLInputType): string {
  if (isNonNullType(type)) return literalOf(type.ofType);
  if (isListType(type)) return '[]';
  if (isInputObjectType(type)) {
    const required = Object.values(type.getFields()).filter((field) => isNonNullType(field.type) && field.defaultValue === undefined);
    return `{ ${required.map((field) => `${field.name}: ${literalOf(field.type)}`).join(' ')} }`;
  }
  if (isEnumType(type)) return type.getValues()[0]?.name ?? '';
  if (type.name === 'DateTime') return '"2026-11-01T00:00:00Z"';
  return type.name === 'Int' ? '1' : '"01a20538-5745-77c0-8216-711042d53509"';
}

/** Returns a document that asks for the value of the operation, or for its `__typename`, with all arguments that it requires. */
export function documentOf({ kind, field }: (typeof OPERATIONS)[number]): string {
  const required = field.args.filter(({ type, defaultValue }) => isNonNullType(type) && defaultValue === undefined);
  const args = required.map(({ name, type }) => `${name}: ${literalOf(type)}`);
  const selection = isLeafType(getNamedType(field.type)) ? '' : ' { __typename }';
  return `${kind} { ${field.name}${args.length > 0 ? `(${args.join(' ')})` : ''}${selection} }`;
}
