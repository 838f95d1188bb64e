import { type GraphQLSchema, isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';
import { isTellableName } from '../text.js';

/** Every name in the schema. */
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

/** Takes out of the answers what the client sent, values always and names where they are hidden. */
export interface Redactor {
  /** Whether names that the client made up may be repeated. */
  showsNames: boolean;
  /** @returns graphql-js' message about a document that does not fit the schema */
  message(message: string): string;
  /** @returns graphql-js' message about a document that can not be parsed, without any value */
  syntaxMessage(message: string): string;
  /** @returns the name if the schema has it or it may be repeated, else an ellipsis */
  name(name: string): string;
}

const SYNTAX_ERROR = 'Syntax error: the document is not GraphQL.';

/** @returns what graphql-js found, the value of a literal left out; null for anything else than a token */
function describeToken(token: string, nameOf: (name: string) => string): string | null {
  const [, name] = /^Name "(\w+)"$/.exec(token) ?? [];
  if (name !== undefined) return `Name "${nameOf(name)}"`;
  const [, kind] = /^(String|BlockString|Int|Float)(?: ".*")?$/s.exec(token) ?? [];
  if (kind !== undefined) return kind;
  return /^(?:<EOF>|"[^\w"\s]{1,3}")$/.test(token) ? token : null;
}

/**
 * @param showsNames false: every quoted name is left out, whether the schema has it or not, so that errors can not be used
 *   to find out its names
 */
export function createRedactor(schema: GraphQLSchema, showsNames: boolean): Redactor {
  const names = namesOf(schema);
  const nameOf = (name: string) => (names.has(name) || (showsNames && isTellableName(name)) ? name : ELLIPSIS);
  // Types, variables, directives and arguments are quoted as "[Name!]!", "$name", "@name" and "Type.field".
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
