import { type ASTNode, type DocumentNode, getLocation, type Location, parse, type SourceLocation, visit } from 'graphql';

/** Returns the nodes by their number in the order of a visit. */
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
 * Returns the positions of nodes, by parsing the document again. Documents are parsed without positions first, because
 * graphql-js would compute the line of each node of each error by a scan from the start of the document.
 *
 * @param document the result of parsing `source` without positions
 * @param nodes nodes of `document`
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
