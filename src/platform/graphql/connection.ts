import { type ClassType, Field, ObjectType } from 'type-graphql';
import { PageInfo } from './page-info.js';

/** A page of a list, in the form of the Relay specification of connections. */
export interface Connection<T> {
  readonly edges: { readonly node: T; readonly cursor: string }[];
  readonly pageInfo: PageInfo;
}

/**
 * Creates the GraphQL types `…Edge` and `…Connection` for a list of nodes.
 *
 * @param options.name name of the type of the nodes
 * @param options.noun the nodes in descriptions, such as "event"
 * @param options.description description of the connection
 * @param options.edges description of its edges, with their order
 * @returns the class of the connection
 */
export function connectionOf<T extends object>(
  node: ClassType<T>,
  { name, noun, ...options }: { name: string; noun: string; description: string; edges: string },
): ClassType<Connection<T>> {
  @ObjectType(`${name}Edge`, { description: `One ${noun} of a page, with its cursor.` })
  class Edge {
    @Field(() => node, { description: `The ${noun} of this edge.` })
    readonly node!: T;

    @Field(() => String, { description: `Cursor of the ${noun}. Pass it as \`after\` to continue after this ${noun}.` })
    readonly cursor!: string;
  }

  @ObjectType(`${name}Connection`, { description: options.description })
  class NodeConnection implements Connection<T> {
    @Field(() => [Edge], { description: options.edges })
    readonly edges!: Edge[];

    @Field(() => PageInfo, { description: 'Position of the page in the list.' })
    readonly pageInfo!: PageInfo;
  }

  return NodeConnection;
}
