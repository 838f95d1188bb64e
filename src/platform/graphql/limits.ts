import {
  type DocumentNode,
  type FieldNode,
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
  /**
   * Fields of the answer, those of a list counted as often as it may have items. What goes on at most: the usage by day of
   * all keys on the longest page of the history.
   */
  cost: 50_000,
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

/** How many items each list can have, by the name of its field, where no argument `first` tells. */
export type ListItems = Readonly<Record<string, number>>;

/** A page has no more, whatever is asked for. */
const PAGE_ITEMS_MAX = 100;

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
  /** The same, with lists written out. */
  cost: number;
}

const NOTHING: Measure = { depth: 0, introspectionDepth: 0, aliases: 0, rootFields: 0, rootTypenames: 0, fields: 0, cost: 0 };

/**
 * Measures selection sets as if every fragment were written out. Each fragment is measured once, so that a document
 * whose fragments spread each other twice costs no more than it is long.
 */
class Measurer {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #listItems: ListItems;
  readonly #measured = new Map<string, Measure>();

  constructor(document: DocumentNode, listItems: ListItems) {
    this.#listItems = listItems;
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
        total.cost += inner.cost * this.#itemsOf(selection) + 1;
      } else {
        const inner = selection.kind === Kind.INLINE_FRAGMENT ? this.measure(selection.selectionSet) : this.#spread(selection.name.value);
        total.depth = Math.max(total.depth, inner.depth);
        total.introspectionDepth = Math.max(total.introspectionDepth, inner.introspectionDepth);
        for (const sum of ['aliases', 'rootFields', 'rootTypenames', 'fields', 'cost'] as const) total[sum] += inner[sum];
      }
    }
    return total;
  }

  /** @returns how often what is below a field can be in the answer */
  #itemsOf({ name, arguments: args }: FieldNode): number {
    const first = args?.find((argument) => argument.name.value === 'first')?.value;
    if (first?.kind === Kind.INT) return Math.min(PAGE_ITEMS_MAX, Math.max(1, Number(first.value)));
    return first ? PAGE_ITEMS_MAX : (this.#listItems[name.value] ?? 1);
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
export const limitsRule =
  (listItems: ListItems): ValidationRule =>
  (context) => ({
    Document(document) {
      const measurer = new Measurer(document, listItems);
      for (const operation of document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)) {
        if (!context.getSchema().getRootType(operation.operation)) {
          context.reportError(new GraphQLError(`There are no operations of the kind ${operation.operation}.`, { nodes: [operation] }));
          continue;
        }
        const { depth, introspectionDepth, aliases, rootFields, rootTypenames, fields, cost } = measurer.measure(operation.selectionSet);
        const isMutation = operation.operation === OperationTypeNode.MUTATION;
        const refuse = (message: string) => context.reportError(new GraphQLError(message, { nodes: [operation] }));
        if (depth > LIMITS.depth) refuse(`The document is more than ${LIMITS.depth} levels deep.`);
        if (introspectionDepth > LIMITS.introspectionDepth) refuse(`Introspection goes at most ${LIMITS.introspectionDepth} levels deep.`);
        if (aliases > LIMITS.aliases) refuse(`The document has more than ${LIMITS.aliases} aliases.`);
        if (fields > LIMITS.fields) refuse(`The document has more than ${LIMITS.fields} fields, its fragments written out.`);
        if (cost > LIMITS.cost) refuse(`The answer could have more than ${LIMITS.cost} fields.`);
        if (!isMutation && rootFields > LIMITS.rootFields) refuse(`The document has more than ${LIMITS.rootFields} fields at its root.`);
        if (isMutation && rootFields - rootTypenames > LIMITS.mutationRootFields) {
          refuse('A mutation document must have exactly one field at its root.');
        }
      }
    },
  });
