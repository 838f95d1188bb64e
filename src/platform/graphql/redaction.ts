import { type GraphQLSchema, isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';

/** Every name that the schema itself tells. */
function namesOf(schema: GraphQLSchema): Set<string> {
  const names = new Set<string>(schema.getDirectives().flatMap((directive) => [directive.name, ...directive.args.map((arg) => arg.name)]));
  for (const type of Object.values(schema.getTypeMap())) {
    names.add(type.name);
    if (isEnumType(type)) for (const value of type.getValues()) names.add(value.name);
    if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) {
        names.add(field.name);
        if ('args' in field) for (const arg of field.args) names.add(arg.name);
      }
    }
  }
  return names;
}

/**
 * graphql-js quotes what it refuses: `String cannot represent a non string value: 12345`. Somebody's password may be in
 * there, so of its messages only their own words and the schema's names are let out; the locations tell the rest.
 *
 * @returns a function from graphql-js' message to one without anything that the client sent
 */
export function valueRedactor(schema: GraphQLSchema): (message: string) => string {
  const names = namesOf(schema);
  return (message) =>
    message
      .replace(/ cannot represent .*$/s, ' cannot represent this value.')
      .replace(/, found .*$/s, ', found something else.')
      .replace(/"([^"]*)"/g, (quoted, text: string) => (names.has(text.replace(/[[\]!]/g, '')) ? quoted : '"…"'));
}
