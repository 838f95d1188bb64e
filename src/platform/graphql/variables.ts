import { coerceInputValue, type GraphQLSchema, isInputType, isNonNullType, type OperationDefinitionNode, typeFromAST } from 'graphql';
import type { FieldFault } from '../errors.js';

/**
 * Looks at the variables before graphql-js does, because its own errors quote the values.
 *
 * @param redact takes values out of graphql-js' messages
 * @returns what is wrong with which variable or part of one: `{ path: "input.email", message: … }`
 */
export function variableFaults(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  redact: (message: string) => string,
): FieldFault[] {
  const faults: FieldFault[] = [];
  for (const definition of operation.variableDefinitions ?? []) {
    const name = definition.variable.name.value;
    const type = typeFromAST(schema, definition.type);
    // What has no input type was refused by validation.
    if (!isInputType(type)) continue;
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (value === undefined && (definition.defaultValue !== undefined || !isNonNullType(type))) continue;
    if (value === undefined) {
      faults.push({ path: name, message: `A value of type "${String(type)}" is required.` });
      continue;
    }
    coerceInputValue(value, type, (path, _value, error) =>
      faults.push({ path: [name, ...path].join('.'), message: redact(error.message) }),
    );
  }
  return faults;
}
