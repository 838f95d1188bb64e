import { coerceInputValue, type GraphQLSchema, isInputType, isNonNullType, type OperationDefinitionNode, typeFromAST } from 'graphql';
import type { FieldFault } from '../errors.js';

/** Enough to mend a form by. A body of 100 kB can hold 9,000 faults. */
const FAULTS_MAX = 20;

/** Ends the coercion of what has more faults than anybody reads. */
const ENOUGH = Symbol('enough faults');

/**
 * graphql-js' messages quote what the client sent, names it made up included, so none is passed on.
 *
 * @param message of coerceInputValue's
 */
function wordsFor(message: string): string {
  const [, field] = /^Field "(\w+)" of required type "[^"]*" was not provided\.$/.exec(message) ?? [];
  if (field !== undefined) return `must have the field ${field}`;
  if (/^Expected non-nullable type "[^"]*" not to be null\.$/.test(message)) return 'must not be null';
  if (/^Expected type "[^"]*" to be an object\.$/.test(message)) return 'must be an object';
  if (/ is not defined by type "[^"]*"\./.test(message)) return 'has a field that is not known here';
  return 'has a value of another type';
}

/**
 * Looks at the variables before graphql-js does, because its own errors quote the values.
 *
 * @param redactName lets through the names that the schema tells
 * @returns what is wrong with which variable or part of one: `{ path: "input.email", message: … }`; 20 at most
 */
export function variableFaults(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  redactName: (name: string) => string,
): FieldFault[] {
  const faults: FieldFault[] = [];
  const report = (path: readonly (string | number)[], message: string) => {
    faults.push({ path: path.join('.'), message });
    if (faults.length === FAULTS_MAX) throw ENOUGH;
  };
  try {
    for (const definition of operation.variableDefinitions ?? []) {
      const name = definition.variable.name.value;
      const place = redactName(name);
      const type = typeFromAST(schema, definition.type);
      // What has no input type was refused by validation.
      if (!isInputType(type)) continue;
      const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
      if (value !== undefined) coerceInputValue(value, type, (path, _value, error) => report([place, ...path], wordsFor(error.message)));
      else if (definition.defaultValue === undefined && isNonNullType(type)) report([place], 'is required');
    }
  } catch (error) {
    if (error !== ENOUGH) throw error;
  }
  return faults;
}
