import {
  type DocumentNode,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputType,
  isNonNullType,
  type OperationDefinitionNode,
  TypeInfo,
  typeFromAST,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { FieldFault } from '../errors/keyward-error.js';
import { checkLiteral, checkValue, type FaultReport, type InputPath, type OnVariable } from './input-values.js';
import type { Redactor } from './redaction.js';

/** Maximum number of reported errors. A body of 100 kB can contain 9,000. */
const FAULTS_MAX = 20;

/** Thrown to stop the check after FAULTS_MAX errors. */
const ENOUGH = Symbol('enough errors');

/** First use of a variable. */
interface Use {
  path: InputPath;
  type: GraphQLInputType | undefined;
}

/** The uses of the variables of an operation. */
export interface VariableUses {
  first: ReadonlyMap<string, Use>;
  /** Whether a variable decides the cost: in an argument of a directive, or of a field with its own cost function. */
  decideCost: boolean;
}

/** Uses by operation with valid literals. A cached document is the same object for each request, so it is checked once. */
const known = new WeakMap<OperationDefinitionNode, VariableUses>();

/** Checks every literal of the document. Returns the uses of the variables; `operation` comes before other definitions. */
function checkLiterals(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  report: FaultReport,
): VariableUses {
  const first = new Map<string, Use>();
  let decideCost = false;
  let isCostArgument = false;
  const onVariable: OnVariable = (name, path, type) => {
    decideCost ||= isCostArgument;
    if (!first.has(name)) first.set(name, { path, type });
  };
  const typeInfo = new TypeInfo(schema);
  const others = document.definitions.filter((definition) => definition !== operation);
  visit(
    { ...document, definitions: [operation, ...others] },
    visitWithTypeInfo(typeInfo, {
      Argument(node) {
        const argument = typeInfo.getArgument();
        isCostArgument = typeof typeInfo.getFieldDef()?.extensions.complexity === 'function' || Boolean(typeInfo.getDirective());
        // Validation has rejected unknown arguments.
        if (argument) checkLiteral(node.value, argument.type, [node.name.value], report, onVariable);
        return false;
      },
    }),
  );
  return { first, decideCost };
}

function checkVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  { first: uses }: VariableUses,
  report: FaultReport,
): void {
  for (const definition of operation.variableDefinitions ?? []) {
    const name = definition.variable.name.value;
    const type = typeFromAST(schema, definition.type);
    const use = uses.get(name);
    // Validation has rejected unused variables and variables without an input type.
    if (!isInputType(type) || !use) continue;
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (definition.defaultValue) checkLiteral(definition.defaultValue, type, use.path, report, () => undefined);
    if (value !== undefined) checkValue(value, type, use.path, report);
    else if (!definition.defaultValue && isNonNullType(type)) report(use.path, 'is required');
    // A nullable variable is valid at a non-null position if either has a default, but its value must not be null.
    if (value === null && !isNonNullType(type) && isNonNullType(use.type)) report(use.path, 'must not be null');
  }
}

/**
 * Checks literals and variables. The errors of graphql-js would contain the values, and differ between literals and variables.
 *
 * @param document must be valid except for its literals
 * @returns at most 20 errors, such as `{ path: "input.email", message: … }`; and the uses of the variables, or null if the
 *   check of the literals stopped
 */
export function checkInput(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  redactor: Redactor,
): { faults: FieldFault[]; uses: VariableUses | null } {
  const faults: FieldFault[] = [];
  const add = (path: InputPath, message: string) => {
    faults.push({ path: path.map((part) => (typeof part === 'string' ? redactor.name(part) : part)).join('.'), message });
    if (faults.length === FAULTS_MAX) throw ENOUGH;
  };
  const report: FaultReport = Object.assign(add, { showsNames: redactor.showsNames });
  let uses = known.get(operation) ?? null;
  try {
    uses ??= checkLiterals(schema, document, operation, report);
    if (faults.length === 0) known.set(operation, uses);
    checkVariables(schema, operation, variables, uses, report);
  } catch (error) {
    if (error !== ENOUGH) throw error;
  }
  return { faults, uses };
}
