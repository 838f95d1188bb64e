import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type AnyVariables, useQuery } from 'urql';
import type { TypedDocumentString } from '../gql/graphql';
import { documentOf } from './document';
import { isTransient, type Problem, problemOf } from './problem';

const RETRY_SECONDS = 3;

// The cache forgets a query when a mutation answers with one of its types. An empty list has no types of its own.
const CONTEXT = { additionalTypenames: ['ApiKey', 'Session'] };

export interface Loaded<Data> {
  /** The newest answer. It stays while a later request fails. */
  data: Data | undefined;
  /** When the answer arrived. */
  readAt: Date | undefined;
  problem: Problem | undefined;
  /** When the request is repeated without a click. Undefined if it is not. */
  retryAt: Date | undefined;
  isLoading: boolean;
  reload: () => void;
}

interface Options {
  /** Waits until it becomes false. */
  pause?: boolean;
  /** Reads again after this time. */
  everyMs?: number | undefined;
}

/**
 * Reads a query and keeps its last answer while a later one fails. Transient problems are retried: a query changes nothing.
 *
 * @param variables must be stable, for example by useMemo
 */
export function useData<Data, Variables extends AnyVariables>(
  query: TypedDocumentString<Data, Variables>,
  variables: Variables,
  { pause = false, everyMs }: Options = {},
): Loaded<Data> {
  const [{ data, error, fetching, stale }, execute] = useQuery<Data, Variables>({
    query: documentOf(query),
    variables,
    pause,
    context: CONTEXT,
  } as never);
  const last = useRef<{ variables: Variables; data: Data; readAt: Date }>(undefined);
  const isAnswer = data !== undefined && error === undefined;
  if (isAnswer && (last.current?.data !== data || last.current.variables !== variables)) {
    last.current = { variables, data, readAt: new Date() };
  }
  const kept = last.current?.variables === variables ? last.current : undefined;
  const problem = useMemo(() => problemOf(error), [error]);
  const reload = useCallback(() => execute({ requestPolicy: 'network-only' }), [execute]);

  const [retryAt, setRetryAt] = useState<Date>();
  useEffect(() => {
    if (!problem || !isTransient(problem) || fetching) return;
    const seconds = problem.retryAfterSeconds ?? RETRY_SECONDS;
    setRetryAt(new Date(Date.now() + seconds * 1000));
    const timer = setTimeout(reload, seconds * 1000);
    window.addEventListener('online', reload);
    return () => {
      clearTimeout(timer);
      window.removeEventListener('online', reload);
      setRetryAt(undefined);
    };
  }, [problem, fetching, reload]);

  useEffect(() => {
    if (everyMs === undefined || pause) return;
    const timer = setInterval(() => document.visibilityState === 'visible' && reload(), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, pause, reload]);

  return { data: kept?.data ?? data, readAt: kept?.readAt, problem, retryAt, isLoading: fetching || stale, reload };
}
