import {
  type ASTNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
} from 'graphql';

/** Limits of a document. GRAPHQL_LIMITS in limits.ts describes each one. */
export interface DocumentLimits {
  tokens: number;
  lines: number;
  nameCharacters: number;
  definitions: number;
  depth: number;
  introspectionDepth: number;
  nesting: number;
  fields: number;
  fieldsWithArguments: number;
  cost: number;
  rootFields: number;
  aliases: number;
  mutationRootFields: number;
  rememberedCharacters: number;
  rememberedDocumentCharacters: number;
}

/** A limit that a document exceeds, and the node that exceeds it. */
export interface LimitFault {
  message: string;
  node: ASTNode;
}

interface Measure {
  /** Levels of fields, inline fragments and spread fragments, with those of introspection. */
  nesting: number;
  depth: number;
  introspectionDepth: number;
  /** Number of aliases below `__schema` and `__type`. */
  introspectionAliases: number;
  /** Number of `__schema` fields. */
  schemas: number;
  aliases: number;
  /** Number of fields directly in this selection set. */
  rootFields: number;
  /** Number of `__typename` fields among the root fields. */
  rootTypenames: number;
  /** Number of fields in this selection set and all nested ones. */
  fields: number;
  /** Number of these fields that have arguments. */
  fieldsWithArguments: number;
}

const NOTHING: Measure = {
  nesting: 0,
  depth: 0,
  introspectionDepth: 0,
  introspectionAliases: 0,
  schemas: 0,
  aliases: 0,
  rootFields: 0,
  rootTypenames: 0,
  fields: 0,
  fieldsWithArguments: 0,
};

const SUMS = ['introspectionAliases', 'schemas', 'aliases', 'rootFields', 'rootTypenames', 'fields', 'fieldsWithArguments'] as const;

const hasArguments = (field: FieldNode): boolean => (field.arguments?.length ?? 0) > 0;

/**
 * Measures selection sets with their fragments expanded. Each fragment is measured only once, so the time is linear in the
 * length of the document, even if fragments spread each other twice.
 */
class Measurer {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #measured = new Map<string, Measure>();

  constructor(document: DocumentNode) {
    const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
    this.#fragments = new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
  }

  measure(selectionSet: SelectionSetNode | undefined): Measure {
    if (!selectionSet) return NOTHING;
    const total = { ...NOTHING };
    for (const selection of selectionSet.selections) {
      if (selection.kind === Kind.FIELD) {
        const name = selection.name.value;
        const inner = this.measure(selection.selectionSet);
        const isIntrospection = name === '__schema' || name === '__type';
        total.nesting = Math.max(total.nesting, inner.nesting + 1);
        total.depth = Math.max(total.depth, isIntrospection ? 1 : inner.depth + 1);
        total.introspectionDepth = Math.max(total.introspectionDepth, isIntrospection ? inner.depth + 1 : inner.introspectionDepth);
        total.introspectionAliases += isIntrospection ? inner.aliases : inner.introspectionAliases;
        total.schemas += inner.schemas + (name === '__schema' ? 1 : 0);
        total.aliases += inner.aliases + (selection.alias ? 1 : 0);
        total.rootFields += 1;
        total.rootTypenames += name === '__typename' ? 1 : 0;
        total.fields += inner.fields + 1;
        total.fieldsWithArguments += inner.fieldsWithArguments + (hasArguments(selection) ? 1 : 0);
      } else {
        const inner = selection.kind === Kind.INLINE_FRAGMENT ? this.measure(selection.selectionSet) : this.#spread(selection.name.value);
        total.nesting = Math.max(total.nesting, inner.nesting + 1);
        total.depth = Math.max(total.depth, inner.depth);
        total.introspectionDepth = Math.max(total.introspectionDepth, inner.introspectionDepth);
        for (const sum of SUMS) total[sum] += inner[sum];
      }
    }
    return total;
  }

  #spread(name: string): Measure {
    const known = this.#measured.get(name);
    if (known) return known;
    // A fragment in a cycle counts 0. A validation rule of graphql-js rejects the cycle later.
    this.#measured.set(name, NOTHING);
    const measure = this.measure(this.#fragments.get(name)?.selectionSet);
    this.#measured.set(name, measure);
    return measure;
  }
}

/** Returns the number of fields of a definition that `counts` accepts, without expanding its fragments. */
function writtenFields(selectionSet: SelectionSetNode | undefined, counts: (field: FieldNode) => boolean): number {
  let count = 0;
  for (const selection of selectionSet?.selections ?? []) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
    count += writtenFields(selection.selectionSet, counts) + (selection.kind === Kind.FIELD && counts(selection) ? 1 : 0);
  }
  return count;
}

/** Returns the first node with a name or enum value longer than `max`. Undefined if there is no such node. */
function longName(value: unknown, max: number): ASTNode | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const node = value as ASTNode;
  if ((node.kind === Kind.NAME || node.kind === Kind.ENUM) && node.value.length > max) return node;
  // Iterates nodes and arrays without copying them, because thousands of hostile documents may arrive together.
  for (const key in node) {
    // The tokens of `loc` are a linked list as long as the document.
    if (key === 'loc') continue;
    const found = longName(node[key as keyof ASTNode], max);
    if (found) return found;
  }
  return undefined;
}

const tooManyWithArguments = (limits: DocumentLimits): string =>
  `The document has more than ${limits.fieldsWithArguments} fields with arguments.`;

function operationFault(operation: OperationDefinitionNode, measure: Measure, limits: DocumentLimits): string | null {
  const {
    depth,
    nesting,
    introspectionDepth,
    introspectionAliases,
    schemas,
    aliases,
    rootFields,
    rootTypenames,
    fields,
    fieldsWithArguments,
  } = measure;
  const isMutation = operation.operation === OperationTypeNode.MUTATION;
  if (depth > limits.depth) return `The document is more than ${limits.depth} levels deep.`;
  if (introspectionDepth > limits.introspectionDepth) return `Introspection goes at most ${limits.introspectionDepth} levels deep.`;
  if (nesting > limits.nesting) return `Fields and fragments are nested more than ${limits.nesting} levels deep.`;
  if (aliases > limits.aliases) return `The document has more than ${limits.aliases} aliases.`;
  if (fields > limits.fields) return `The document has more than ${limits.fields} fields, its fragments written out.`;
  if (fieldsWithArguments > limits.fieldsWithArguments) return tooManyWithArguments(limits);
  // Each `__schema` and each alias multiplies the longest lists of the schema. The standard introspection query needs neither.
  if (schemas > 1 || introspectionAliases > 0) return 'Introspection must ask for `__schema` once, and without aliases below it.';
  if (!isMutation && rootFields > limits.rootFields) return `The document has more than ${limits.rootFields} fields at its root.`;
  if (isMutation && rootFields - rootTypenames > limits.mutationRootFields)
    return 'A mutation document must have exactly one field at its root.';
  return null;
}

const isOperation = (definition: DefinitionNode): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION;

/** Returns why a document is too long to be parsed. Null if it is not. */
export function sourceFault(source: string, limits: DocumentLimits): string | null {
  let lines = 1;
  for (const _ of source.matchAll(/\r\n|[\n\r]/g)) {
    lines += 1;
    if (lines > limits.lines) return `The document has more than ${limits.lines} lines.`;
  }
  return null;
}

/**
 * Returns the first limit that a document exceeds (OWASP API4:2023, OWASP GraphQL cheat sheet), or null. Its time is linear
 * in the length of the document, so it must run before validation, which takes longer.
 */
export function limitFault(document: DocumentNode, limits: DocumentLimits): LimitFault | null {
  const { definitions } = document;
  const [first] = definitions;
  if (first && definitions.length > limits.definitions)
    return { message: `The document has more than ${limits.definitions} operations and fragments.`, node: first };
  const long = longName(document, limits.nameCharacters);
  if (long) return { message: `The document has a name of more than ${limits.nameCharacters} characters.`, node: long };
  const measurer = new Measurer(document);
  for (const operation of definitions.filter(isOperation)) {
    const message = operationFault(operation, measurer.measure(operation.selectionSet), limits);
    if (message !== null) return { message, node: operation };
  }
  // Fragments that no operation spreads are validated too.
  const written = (counts: (field: FieldNode) => boolean) =>
    definitions.reduce((sum, definition) => sum + ('selectionSet' in definition ? writtenFields(definition.selectionSet, counts) : 0), 0);
  if (first && written(() => true) > limits.fields) return { message: `The document has more than ${limits.fields} fields.`, node: first };
  if (first && written(hasArguments) > limits.fieldsWithArguments) return { message: tooManyWithArguments(limits), node: first };
  return null;
}
