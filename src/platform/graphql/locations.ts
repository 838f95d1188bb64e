import { type ASTNode, type DocumentNode, getLocation, type Location, parse, type SourceLocation, visit } from 'graphql';

const ordinalsOf = (document: DocumentNode, wanted: ReadonlySet<ASTNode>): Map<number, ASTNode> => {
  const ordinals = new Map<number, ASTNode>();
  let count = 0;
  visit(document, {
    enter(node) {
      if (wanted.has(node)) ordinals.set(count, node);
      count += 1;
    },
  });
  return ordinals;
};

/**
 * Documents are parsed without positions, because graphql-js works out the line of every node of every error from the
 * start of the document. This works out those that are answered, by parsing the document once more.
 *
 * @param nodes of `document`
 */
export function locationsOf(source: string, document: DocumentNode, nodes: readonly ASTNode[]): Map<ASTNode, SourceLocation> {
  const ordinals = ordinalsOf(document, new Set(nodes));
  const locations = new Map<ASTNode, SourceLocation>();
  let count = 0;
  visit(parse(source), {
    enter(node) {
      const original = ordinals.get(count);
      if (original && node.loc) locations.set(original, lineOf(node.loc));
      count += 1;
    },
  });
  return locations;
}

const lineOf = ({ source, start }: Location): SourceLocation => getLocation(source, start);
