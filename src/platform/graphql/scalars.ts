import { GraphQLScalarType, type ValueNode } from 'graphql';
import { GraphQLDateTimeISO, GraphQLJSONObject } from 'graphql-scalars';

/** What a custom scalar expects, as the predicate of a sentence about the input. */
export interface ScalarExtensions {
  expected: string;
}

/** The library's scalar, named `DateTime` in schema.graphql: it reads RFC 3339 and writes UTC with milliseconds. */
export const DateTime = new GraphQLScalarType({
  ...GraphQLDateTimeISO.toConfig(),
  name: 'DateTime',
  description: 'An RFC 3339 timestamp. Output is in UTC with milliseconds: `2026-01-31T12:00:00.000Z`.',
  extensions: { expected: 'must be an RFC 3339 timestamp such as 2027-01-01T00:00:00Z' } satisfies ScalarExtensions,
});

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Fastify rejects a JSON body with such a member anywhere, so a literal with one is rejected as well. */
function refusePrototypes(value: unknown): void {
  if (!isObject(value)) return;
  for (const [name, member] of Object.entries(value)) {
    const isPrototype = name === '__proto__' || (name === 'constructor' && isObject(member) && Object.hasOwn(member, 'prototype'));
    if (isPrototype) throw new TypeError('a member would set a prototype');
    refusePrototypes(member);
  }
}

/** The library's scalar, without members that could change a prototype. */
export const JSONObject = new GraphQLScalarType({
  ...GraphQLJSONObject.toConfig(),
  parseLiteral: (node: ValueNode, variables) => {
    const value: unknown = GraphQLJSONObject.parseLiteral(node, variables);
    refusePrototypes(value);
    return value;
  },
  extensions: { expected: 'must be a JSON object, without members called __proto__ or constructor.prototype' } satisfies ScalarExtensions,
});
