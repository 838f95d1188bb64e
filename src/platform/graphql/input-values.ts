import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLLeafType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  Kind,
  type ValueNode,
} from 'graphql';

/** Path of a value. The first part is the name of the argument. */
export type InputPath = readonly (string | number)[];

/** Receives a message for each invalid value. */
export interface FaultReport {
  (path: InputPath, message: string): void;
  /** Whether messages may contain names that the schema lacks, and the names of enum values. */
  showsNames: boolean;
}

const EXPECTED: Readonly<Record<string, string>> = {
  Int: 'must be a whole number from -2147483648 to 2147483647',
  Float: 'must be a number',
  Boolean: 'must be true or false',
  String: 'must be a string',
  ID: 'must be an ID: a string or a whole number',
};

function expectedOf(type: GraphQLLeafType, report: FaultReport): string {
  if (!isEnumType(type)) return EXPECTED[type.name] ?? String(type.extensions.expected ?? `must be a ${type.name}`);
  if (!report.showsNames) return 'must be a value of its enum';
  return `must be one of ${type
    .getValues()
    .map(({ name }) => name)
    .join(', ')}`;
}

function reportUnknown(path: InputPath, name: string, report: FaultReport): void {
  if (report.showsNames) report([...path, name], 'is not a field of this input');
  else report(path, 'has an unknown field');
}

function checkLeaf(type: GraphQLLeafType, path: InputPath, parse: () => unknown, report: FaultReport): void {
  try {
    if (parse() !== undefined) return;
  } catch {
    // The message of the library contains the value.
  }
  report(path, expectedOf(type, report));
}

/** Checks each item of a list. GraphQL coerces a single value to a list with one item. */
function checkItems<T>(items: readonly T[] | null, single: T, path: InputPath, check: (item: T, path: InputPath) => void): void {
  if (!items) check(single, path);
  for (const [index, item] of (items ?? []).entries()) check(item, [...path, index]);
}

function checkFields<T>(
  given: ReadonlyMap<string, T>,
  type: GraphQLInputObjectType,
  path: InputPath,
  report: FaultReport,
  check: (value: T, type: GraphQLInputType, path: InputPath) => void,
): void {
  const fields = type.getFields();
  for (const { name, type: fieldType, defaultValue } of Object.values(fields)) {
    const value = given.get(name);
    if (value !== undefined) check(value, fieldType, [...path, name]);
    else if (isNonNullType(fieldType) && defaultValue === undefined) report([...path, name], 'is required');
  }
  for (const name of given.keys()) if (!Object.hasOwn(fields, name)) reportUnknown(path, name, report);
}

/** Reports each invalid part of the value of a variable. */
export function checkValue(value: unknown, type: GraphQLInputType, path: InputPath, report: FaultReport): void {
  const isNull = value === null || value === undefined;
  if (isNonNullType(type)) {
    if (isNull) report(path, 'must not be null');
    else checkValue(value, type.ofType, path, report);
  } else if (isNull) {
    return;
  } else if (isListType(type)) {
    checkItems(Array.isArray(value) ? value : null, value, path, (item, at) => checkValue(item, type.ofType, at, report));
  } else if (isLeafType(type)) {
    checkLeaf(type, path, () => type.parseValue(value), report);
  } else if (typeof value !== 'object' || Array.isArray(value)) {
    report(path, 'must be an object');
  } else {
    checkFields(new Map<string, unknown>(Object.entries(value)), type, path, report, (field, fieldType, at) =>
      checkValue(field, fieldType, at, report),
    );
  }
}

/** Receives each use of a variable and the type that is expected there. The type is undefined inside a scalar. */
export type OnVariable = (name: string, path: InputPath, type: GraphQLInputType | undefined) => void;

/** Finds the variables inside the literal of a scalar. Its field names are data, so they are not added to the path. */
function findVariables(node: ValueNode, path: InputPath, onVariable: OnVariable): void {
  if (node.kind === Kind.VARIABLE) onVariable(node.name.value, path, undefined);
  if (node.kind === Kind.LIST) for (const item of node.values) findVariables(item, path, onVariable);
  if (node.kind === Kind.OBJECT) for (const field of node.fields) findVariables(field.value, path, onVariable);
}

/** Reports each invalid part of a literal, and passes the variables in it to `onVariable`. */
export function checkLiteral(node: ValueNode, type: GraphQLInputType, path: InputPath, report: FaultReport, onVariable: OnVariable): void {
  if (node.kind === Kind.VARIABLE) {
    onVariable(node.name.value, path, type);
  } else if (isNonNullType(type)) {
    if (node.kind === Kind.NULL) report(path, 'must not be null');
    else checkLiteral(node, type.ofType, path, report, onVariable);
  } else if (node.kind === Kind.NULL) {
    return;
  } else if (isListType(type)) {
    const items = node.kind === Kind.LIST ? node.values : null;
    checkItems<ValueNode>(items, node, path, (item, at) => checkLiteral(item, type.ofType, at, report, onVariable));
  } else if (isLeafType(type)) {
    findVariables(node, path, onVariable);
    checkLeaf(type, path, () => type.parseLiteral(node, {}), report);
  } else if (node.kind !== Kind.OBJECT) {
    report(path, 'must be an object');
  } else {
    const given = new Map(node.fields.map((field) => [field.name.value, field.value]));
    checkFields(given, type, path, report, (value, fieldType, at) => checkLiteral(value, fieldType, at, report, onVariable));
  }
}
