import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  OperationTypeNode,
  type SelectionSetNode,
  type ValidationRule,
} from 'graphql';

/** What one document may ask for. Checked before anything runs. */
export const LIMITS = {
  /** Lexical tokens of the document. Checked by the parser, which stops there. */
  tokens: 1_000,
  /** Levels of fields, introspection aside. */
  depth: 10,
  /** Levels of fields below `__schema` and `__type`: those of the standard introspection query. */
  introspectionDepth: 15,
  /** Fields in all, those of a fragment counted as often as it is spread. Tokens bound them where there are no fragments. */
  fields: 1_000,
  /** Fields of the query itself, those of its fragments included. */
  rootFields: 10,
  /** Aliases, counted as often as their fragment is spread. */
  aliases: 10,
  /**
   * A second mutation that fails would discard the answer of the first (`null` reaches up to `data`), and with it a
   * plaintext that is shown once.
   */
  mutationRootFields: 1,
};

interface Measure {
  depth: number;
  introspectionDepth: number;
  aliases: number;
  /** Of this selection set itself. */
  rootFields: number;
  /** Those among them that are `__typename`. */
  rootTypenames: number;
  /** Of this selection set and all below it. */
  fields: number;
}

const NOTHING: Measure = { depth: 0, introspectionDepth: 0, aliases: 0, rootFields: 0, rootTypenames: 0, fields: 0 };

/**
 * Measures selection sets as if every fragment were written out. Each fragment is measured once, so that a document
 * whose fragments spread each other twice costs no more than it is long.
 */
class Measurer {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #measured = new Map<string, Measure>();

  constructor(document: DocumentNode) {
    const definitions = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
    this.#fragments = new Map(definitions.map((definition) => [definition.name.value, definition]));
  }

  measure(selectionSet: SelectionSetNode | undefined): Measure {
    const total = { ...NOTHING };
    for (const selection of selectionSet?.selections ?? []) {
      if (selection.kind === Kind.FIELD) {
        const inner = this.measure(selection.selectionSet);
        const isIntrospection = selection.name.value === '__schema' || selection.name.value === '__type';
        total.depth = Math.max(total.depth, isIntrospection ? 1 : inner.depth + 1);
        total.introspectionDepth = Math.max(total.introspectionDepth, isIntrospection ? inner.depth + 1 : inner.introspectionDepth);
        total.aliases += inner.aliases + (selection.alias ? 1 : 0);
        total.rootFields += 1;
        total.rootTypenames += selection.name.value === '__typename' ? 1 : 0;
        total.fields += inner.fields + 1;
      } else {
        const inner = selection.kind === Kind.INLINE_FRAGMENT ? this.measure(selection.selectionSet) : this.#spread(selection.name.value);
        total.depth = Math.max(total.depth, inner.depth);
        total.introspectionDepth = Math.max(total.introspectionDepth, inner.introspectionDepth);
        for (const sum of ['aliases', 'rootFields', 'rootTypenames', 'fields'] as const) total[sum] += inner[sum];
      }
    }
    return total;
  }

  #spread(name: string): Measure {
    const known = this.#measured.get(name);
    if (known) return known;
    // Counts as nothing while it is being measured: a circle, which another rule refuses.
    this.#measured.set(name, NOTHING);
    const measure = this.measure(this.#fragments.get(name)?.selectionSet);
    this.#measured.set(name, measure);
    return measure;
  }
}

/** Refuses a document that goes beyond LIMITS (OWASP API4:2023, OWASP GraphQL cheat sheet). */
export const limitsRule: ValidationRule = (context) => ({
  Document(document) {
    const measurer = new Measurer(document);
    for (const operation of document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)) {
      if (!context.getSchema().getRootType(operation.operation)) {
        context.reportError(new GraphQLError(`There are no operations of the kind ${operation.operation}.`, { nodes: [operation] }));
        continue;
      }
      const { depth, introspectionDepth, aliases, rootFields, rootTypenames, fields } = measurer.measure(operation.selectionSet);
      const isMutation = operation.operation === OperationTypeNode.MUTATION;
      const refuse = (message: string) => context.reportError(new GraphQLError(message, { nodes: [operation] }));
      if (depth > LIMITS.depth) refuse(`The document is more than ${LIMITS.depth} levels deep.`);
      if (introspectionDepth > LIMITS.introspectionDepth) refuse(`Introspection goes at most ${LIMITS.introspectionDepth} levels deep.`);
      if (aliases > LIMITS.aliases) refuse(`The document has more than ${LIMITS.aliases} aliases.`);
      if (fields > LIMITS.fields) refuse(`The document has more than ${LIMITS.fields} fields, its fragments written out.`);
      if (!isMutation && rootFields > LIMITS.rootFields) refuse(`The document has more than ${LIMITS.rootFields} fields at its root.`);
      if (isMutation && rootFields - rootTypenames > LIMITS.mutationRootFields) {
        refuse('A mutation document must have exactly one field at its root.');
      }
    }
  },
});
