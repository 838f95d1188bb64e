import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { TypedDocumentString } from '../gql/graphql';
import type { Problem } from './problem';
import type { Reading } from './query';
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

interface State<Node> extends Reading<readonly Node[]> {
  /** The cursor of the last node that is shown. */
  after: string | null;
  hasMore: boolean;
}

const NOT_FOUND: Problem = { code: 'NOT_FOUND', fields: [] };

const EMPTY = { data: undefined, readAt: undefined, problem: undefined, isLoading: false, after: null, hasMore: false };

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
    async ({ data: before = [], after }: State<Node>) => {
      const mine = ++turn.current;
      setState((current) => ({ ...current, isLoading: true }));
      const { data, problem } = await client.request(document, { ...variables, after });
      if (mine !== turn.current) return;
      const page = data && select.current(data);
      if (problem || !page) {
        return setState((current) => ({ ...current, isLoading: false, problem: problem ?? NOT_FOUND }));
      }
      setState({
        data: [...before, ...page.edges.map(({ node }) => node)],
        readAt: new Date(),
        problem,
        isLoading: false,
        after: page.pageInfo.endCursor ?? null,
        hasMore: page.pageInfo.hasNextPage,
      });
    },
    [client, document, variables],
  );
  useEffect(() => {
    setState(EMPTY);
    void read(EMPTY);
    return () => {
      turn.current++;
    };
  }, [read]);

  // After a problem, the page that could not be read is read again.
  const next = () => void read(state);
  return { ...state, retryAt: undefined, reload: next, showMore: next };
}
