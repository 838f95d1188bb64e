import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { TypedDocumentString } from '../gql/graphql';
import type { Problem } from './problem';
import { useClient } from './use-client';
import type { Loaded } from './use-data';

export interface Page<Node> {
  edges: readonly { node: Node }[];
  pageInfo: { hasNextPage: boolean; endCursor?: string | null };
}

export interface Pages<Node> extends Loaded<readonly Node[]> {
  hasMore: boolean;
  showMore: () => void;
}

interface State<Node> {
  nodes: readonly Node[] | undefined;
  cursor: string | null;
  hasMore: boolean;
  isLoading: boolean;
  problem: Problem | undefined;
  readAt: Date | undefined;
}

const NOT_FOUND: Problem = { code: 'NOT_FOUND', fields: [] };

const EMPTY = { nodes: undefined, cursor: null, hasMore: false, isLoading: false, problem: undefined, readAt: undefined };

/**
 * Reads the pages of a connection one after another. Each cursor follows the last node that is shown, so a node that is added
 * meanwhile causes neither doubles nor gaps.
 *
 * @param variables must be stable, for example by useMemo
 */
export function usePages<Data, Variables extends { after?: string | null }, Node>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  pageOf: (data: Data) => Page<Node> | null | undefined,
): Pages<Node> {
  const client = useClient();
  const [state, setState] = useState<State<Node>>(EMPTY);
  const turn = useRef(0);
  const select = useRef(pageOf);
  select.current = pageOf;

  const read = useCallback(
    async (after: string | null, before: readonly Node[]) => {
      const mine = ++turn.current;
      setState((current) => ({ ...current, isLoading: true }));
      const { data, problem } = await client.request(document, { ...variables, after });
      if (mine !== turn.current) return;
      const page = data && select.current(data);
      if (problem || !page) {
        return setState((current) => ({ ...current, isLoading: false, problem: problem ?? NOT_FOUND }));
      }
      setState({
        nodes: [...before, ...page.edges.map(({ node }) => node)],
        cursor: page.pageInfo.endCursor ?? null,
        hasMore: page.pageInfo.hasNextPage,
        isLoading: false,
        problem: undefined,
        readAt: new Date(),
      });
    },
    [client, document, variables],
  );
  const reload = useCallback(() => void read(null, []), [read]);
  useEffect(() => {
    setState(EMPTY);
    reload();
    return () => {
      turn.current++;
    };
  }, [reload]);

  const { nodes, cursor, hasMore, isLoading, problem, readAt } = state;
  const retry = () => void (nodes ? read(cursor, nodes) : read(null, []));
  return {
    data: nodes,
    readAt,
    problem,
    retryAt: undefined,
    isLoading,
    reload: retry,
    hasMore,
    showMore: () => void read(cursor, nodes ?? []),
  };
}
