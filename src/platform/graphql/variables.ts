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

/** Enough to correct a form by. A body of 100 kB can hold 9,000 faults. */
const FAULTS_MAX = 20;

/** Ends the check of what has more faults than anybody reads. */
const ENOUGH = Symbol('enough faults');

/** Where a variable is used first. */
interface Use {
  path: InputPath;
  type: GraphQLInputType | undefined;
}

/** What the variables of an operation are for. */
export interface VariableUses {
  first: ReadonlyMap<string, Use>;
  /** Whether the cost of the answer depends on a variable: on an argument of a field that declares its cost, or of a directive. */
  decideCost: boolean;
}

/** By operations whose literals are valid. A document that is kept is the same object at each request, and needs one look. */
const known = new WeakMap<OperationDefinitionNode, VariableUses>();

/** Checks every literal of the document, and finds out where the variables are used, those of `operation` first. */
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
        // An unknown argument was rejected by validation.
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
    // Validation rejected a variable that is not used, and one of a type that is no input.
    if (!isInputType(type) || !use) continue;
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (definition.defaultValue) checkLiteral(definition.defaultValue, type, use.path, report, () => undefined);
    if (value !== undefined) checkValue(value, type, use.path, report);
    else if (!definition.defaultValue && isNonNullType(type)) report(use.path, 'is required');
    // A nullable variable may stand where null is not allowed, if there is a default.
    if (value === null && !isNonNullType(type) && isNonNullType(use.type)) report(use.path, 'must not be null');
  }
}

/**
 * Checks literals and variables before graphql-js does, because its errors quote the values, and differ between the two.
 *
 * @param document valid but for its literals
 * @returns what is wrong with which value: `{ path: "input.email", message: … }`, the argument's name first; 20 at most; and what
 *   the variables are for, which is null if a literal is invalid
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
