import { type GraphQLSchema, isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';
import { isPrintableName } from '../text.js';

/** Returns every name in the schema. */
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

const ELLIPSIS = '…';

/** Removes data of the client from error messages: always values, and names if the schema is hidden. */
export interface Redactor {
  /** Whether names that the schema lacks may be repeated. */
  showsNames: boolean;
  /** Returns the message of graphql-js about a document that does not match the schema, redacted. */
  message(message: string): string;
  /** Returns the message of graphql-js about a document that cannot be parsed, without any value. */
  syntaxMessage(message: string): string;
  /** Returns the name if the schema has it or it may be repeated, otherwise an ellipsis. */
  name(name: string): string;
}

const SYNTAX_ERROR = 'Syntax error: the document is not GraphQL.';

/** Returns the description of a token without the value of its literal. Null if the text does not describe a token. */
function describeToken(token: string, nameOf: (name: string) => string): string | null {
  const [, name] = /^Name "(\w+)"$/.exec(token) ?? [];
  if (name !== undefined) return `Name "${nameOf(name)}"`;
  const [, kind] = /^(String|BlockString|Int|Float)(?: ".*")?$/s.exec(token) ?? [];
  if (kind !== undefined) return kind;
  return /^(?:<EOF>|"[^\w"\s]{1,3}")$/.test(token) ? token : null;
}

/**
 * Creates the redactor of a schema.
 *
 * @param showsNames false to remove every quoted name, so that error messages do not reveal the names of the schema
 */
export function createRedactor(schema: GraphQLSchema, showsNames: boolean): Redactor {
  const names = namesOf(schema);
  const nameOf = (name: string) => (names.has(name) || (showsNames && isPrintableName(name)) ? name : ELLIPSIS);
  // graphql-js quotes types, variables, directives and arguments as "[Name!]!", "$name", "@name" and "Type.field".
  const partsOf = (text: string) => text.replace(/[^\s[\]!$@.():]+/g, nameOf);
  return {
    showsNames,
    message: (message) => message.replace(/"([^"]*)"/gs, (_quoted, text: string) => `"${showsNames ? partsOf(text) : ELLIPSIS}"`),
    syntaxMessage: (message) => {
      const [, expected, token = ''] = /^Syntax Error: (?:Expected (.{1,30}), found|Unexpected) (.*)\.$/s.exec(message) ?? [];
      const found = showsNames ? describeToken(token, nameOf) : null;
      if (found === null) return SYNTAX_ERROR;
      return expected === undefined ? `Syntax error: unexpected ${found}.` : `Syntax error: expected ${expected}, found ${found}.`;
    },
    name: nameOf,
  };
}
