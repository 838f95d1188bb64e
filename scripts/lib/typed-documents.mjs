// A plugin of GraphQL Code Generator that writes each operation as a document of @keyward/client: its text, with the types of its
// result and of its variables. The documents of the generator's own plugin import a package, and the client has no dependencies.
import { isEnumType, Kind, print, visit } from 'graphql';

/** @typedef {import('graphql').FragmentDefinitionNode} Fragment */

/**
 * @param {import('graphql').DefinitionNode} definition
 * @param {ReadonlyMap<string, Fragment>} fragments
 * @param {Set<Fragment>} found
 */
function collectFragments(definition, fragments, found) {
  visit(definition, {
    FragmentSpread({ name }) {
      const fragment = fragments.get(name.value);
      if (!fragment || found.has(fragment)) return;
      found.add(fragment);
      collectFragments(fragment, fragments, found);
    },
  });
  return found;
}

/** @param {import('graphql').GraphQLSchema} schema @param {string} name */
function enumOf(schema, name) {
  const type = schema.getType(name);
  if (!isEnumType(type)) throw new Error(`the schema has no enum ${name}`);
  const values = type.getValues().map((value) => `  | '${value.name}'`);
  return `/** ${type.description} */\nexport type ${name} =\n${values.join('\n')};`;
}

/**
 * @param {import('graphql').GraphQLSchema} schema
 * @param {readonly { document?: import('graphql').DocumentNode }[]} files
 */
export const plugin = (schema, files) => {
  const definitions = files.flatMap(({ document }) => document?.definitions ?? []);
  const fragments = new Map(definitions.flatMap((each) => (each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [])));
  const documents = definitions.flatMap((operation) => {
    if (operation.kind !== Kind.OPERATION_DEFINITION || !operation.name) return [];
    const name = operation.name.value;
    const type = `${name}${operation.operation === 'query' ? 'Query' : 'Mutation'}`;
    const parts = [operation, ...collectFragments(operation, fragments, new Set())].map((part) => print(part));
    return [`export const ${name}Document = new TypedDocument<${type}, ${type}Variables>(\`${parts.join('\n')}\`);`];
  });
  return {
    prepend: ["import { TypedDocument } from './typed-document.js';"],
    content: [enumOf(schema, 'ErrorCode'), ...documents].join('\n\n'),
  };
};
