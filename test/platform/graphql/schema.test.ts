import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { buildSchema, type GraphQLSchema, isEnumType, isInputObjectType, isObjectType, isSpecifiedScalarType } from 'graphql';
import { ERROR_CODES } from '../../../src/platform/errors/keyward-error.js';

interface Described {
  name: string;
  description?: string | null | undefined;
}

const typesOf = (schema: GraphQLSchema) =>
  Object.values(schema.getTypeMap()).filter((type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type));

/** Returns the names of the types, fields, arguments and enum values without a description. */
function undescribedIn(schema: GraphQLSchema): string[] {
  const elements = typesOf(schema).flatMap((type): Described[] => {
    const own = ['Query', 'Mutation'].includes(type.name) ? [] : [type];
    if (isEnumType(type)) return [...own, ...type.getValues()];
    if (!isObjectType(type) && !isInputObjectType(type)) return own;
    const fields = Object.values(type.getFields());
    return [...own, ...fields, ...fields.flatMap((field) => ('args' in field ? field.args : []))];
  });
  return elements.filter(({ description }) => !description).map(({ name }) => name);
}

const schema = buildSchema(readFileSync('schema.graphql', 'utf8'));
const types = typesOf(schema);

describe('schema.graphql', () => {
  test('describes every type, field, argument and enum value', () => {
    const undescribed = 'type Query { field(argument: Input): Enum } input Input { inputField: Scalar } enum Enum { VALUE } scalar Scalar';
    expect(undescribedIn(buildSchema(undescribed)).sort()).toEqual(
      ['Enum', 'Input', 'Scalar', 'VALUE', 'argument', 'field', 'inputField'].sort(),
    );
    expect(undescribedIn(schema)).toEqual([]);
  });

  test('returns a plaintext key only in the payloads of createApiKey and rotateApiKey', () => {
    const typesWithPlaintext = types.filter((type) => isObjectType(type) && 'plaintextKey' in type.getFields()).map(({ name }) => name);
    expect(typesWithPlaintext).toEqual(['CreateApiKeyPayload', 'RotateApiKeyPayload']);
  });

  test('lists every error code of the server in the enum ErrorCode, and no other', () => {
    const type = schema.getType('ErrorCode');
    const values = isEnumType(type) ? type.getValues().map(({ name }) => name) : [];
    expect(values.sort()).toEqual([...ERROR_CODES].sort());
  });

  test('K2: has no field for a hash or a fingerprint, except in the input of an import', () => {
    const fields = types.flatMap((type) =>
      isObjectType(type) || isInputObjectType(type) ? Object.keys(type.getFields()).map((name) => `${type.name}.${name}`) : [],
    );
    expect(fields.filter((field) => /\..*(?:hash|fingerprint)/i.test(field))).toEqual(['ImportApiKeyInput.hash']);
  });
});
