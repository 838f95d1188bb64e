import { GraphQLScalarType, type ValueNode } from 'graphql';
import { GraphQLDateTimeISO, GraphQLJSONObject } from 'graphql-scalars';

/** Description of the valid values of a custom scalar, as the predicate of a sentence about the input. */
export interface ScalarExtensions {
  expected: string;
}

/** The scalar of graphql-scalars, renamed to `DateTime`. */
export const DateTime = new GraphQLScalarType({
  ...GraphQLDateTimeISO.toConfig(),
  name: 'DateTime',
  description: 'An RFC 3339 timestamp. Output is in UTC with milliseconds: `2026-01-31T12:00:00.000Z`.',
  extensions: { expected: 'must be an RFC 3339 timestamp such as 2027-01-01T00:00:00Z' } satisfies ScalarExtensions,
});

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Throws an error for members that could set a prototype. Fastify rejects them in JSON bodies; this does so for literals. */
function rejectPrototypes(value: unknown): void {
  if (!isObject(value)) return;
  for (const [name, member] of Object.entries(value)) {
    const isPrototype = name === '__proto__' || (name === 'constructor' && isObject(member) && Object.hasOwn(member, 'prototype'));
    if (isPrototype) throw new TypeError('a member would set a prototype');
    rejectPrototypes(member);
  }
}

/** The scalar of graphql-scalars, without members that could set a prototype. */
export const JSONObject = new GraphQLScalarType({
  ...GraphQLJSONObject.toConfig(),
  parseLiteral: (node: ValueNode, variables) => {
    const value: unknown = GraphQLJSONObject.parseLiteral(node, variables);
    rejectPrototypes(value);
    return value;
  },
  extensions: { expected: 'must be a JSON object, without members called __proto__ or constructor.prototype' } satisfies ScalarExtensions,
});
