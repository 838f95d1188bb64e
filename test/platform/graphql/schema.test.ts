import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { buildSchema, isEnumType, isInputObjectType, isObjectType, isSpecifiedScalarType } from 'graphql';

const schema = buildSchema(readFileSync('schema.graphql', 'utf8'));
const types = Object.values(schema.getTypeMap()).filter((type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type));

interface Described {
  name: string;
  description?: string | null | undefined;
}

describe('schema.graphql', () => {
  test('describes every type, field, argument and enum value', () => {
    const elements: Described[] = types.flatMap((type): Described[] => {
      const own = ['Query', 'Mutation'].includes(type.name) ? [] : [type];
      if (isEnumType(type)) return [...own, ...type.getValues()];
      if (!isObjectType(type) && !isInputObjectType(type)) return own;
      const fields = Object.values(type.getFields());
      return [...own, ...fields, ...fields.flatMap((field) => ('args' in field ? field.args : []))];
    });
    expect(elements.length).toBeGreaterThan(50);
    expect(elements.filter(({ description }) => !description).map(({ name }) => name)).toEqual([]);
  });

  test('returns a plaintext key only in the payloads of createApiKey and rotateApiKey', () => {
    const typesWithPlaintext = types.filter((type) => isObjectType(type) && 'plaintextKey' in type.getFields()).map(({ name }) => name);
    expect(typesWithPlaintext).toEqual(['CreateApiKeyPayload', 'RotateApiKeyPayload']);
  });

  test('K2: has no field for a hash or a fingerprint', () => {
    const names = types.flatMap((type) => (isObjectType(type) || isInputObjectType(type) ? Object.keys(type.getFields()) : []));
    expect(names.filter((name) => /hash|fingerprint/i.test(name))).toEqual([]);
  });
});
