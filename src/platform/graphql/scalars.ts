import { GraphQLScalarType } from 'graphql';
import { GraphQLDateTimeISO } from 'graphql-scalars';

/** The library's scalar, named `DateTime` in schema.graphql: it reads RFC 3339 and writes UTC with milliseconds. */
export const DateTime = new GraphQLScalarType({
  ...GraphQLDateTimeISO.toConfig(),
  name: 'DateTime',
  description: 'A moment as RFC 3339 has it, in UTC with milliseconds: `2026-01-31T12:00:00.000Z`.',
});
