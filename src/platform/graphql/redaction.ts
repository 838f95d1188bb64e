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

/** Takes out of GraphQL's answers what the client sent. */
export interface Redactor {
  /** @returns graphql-js' message in its own words and the schema's names; the locations tell the rest */
  message(message: string): string;
  /** @returns the name where the schema tells it, else an ellipsis */
  name(name: string): string;
}

/**
 * graphql-js quotes what it refuses: `String cannot represent a non string value: 12345`. Somebody's password may be in
 * there, or a name that somebody made up of it.
 */
export function createRedactor(schema: GraphQLSchema): Redactor {
  const names = namesOf(schema);
  return {
    message: (message) =>
      message
        .replace(/ cannot represent .*$/s, ' cannot represent this value.')
        .replace(/, found .*$/s, ', found something else.')
        .replace(/"([^"]*)"/g, (quoted, text: string) => (names.has(text.replace(/[[\]!]/g, '')) ? quoted : '"…"')),
    name: (name) => (names.has(name) ? name : '…'),
  };
}
