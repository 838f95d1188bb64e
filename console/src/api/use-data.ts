import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { TypedDocumentString } from '../gql/graphql';
import { useStore } from '../ui/use-store';
import { isTransient } from './problem';
import type { Reading } from './query';
import { useClient } from './use-client';

const RETRY_SECONDS = 3;

const NEVER = () => () => undefined;

export interface Loaded<Data> extends Reading<Data> {
  /** When the request is repeated without a click. Undefined if it is not. */
  retryAt: Date | undefined;
  reload: () => void;
}

interface Options {
  /** Waits until it becomes false. */
  pause?: boolean;
  /** Reads again after this time. */
  everyMs?: number | undefined;
}

/**
 * Reads a query: shows the kept answer at once, and then the current one. Transient problems are retried: a query changes nothing.
 *
 * @param variables must be stable, for example by useMemo
 */
export function useData<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  { pause = false, everyMs }: Options = {},
): Loaded<Data> {
  const client = useClient();
  const query = useMemo(() => client.query(document, variables), [client, document, variables]);
  const { data, readAt, problem, isLoading } = useStore(pause ? NEVER : query.observe, query.reading);
  const reload = query.read;
  // With other variables, the answer for the earlier ones stays until there is one.
  const last = useRef<Data>(undefined);
  if (data !== undefined || problem) last.current = data;

  const [retryAt, setRetryAt] = useState<Date>();
  useEffect(() => {
    if (!problem || !isTransient(problem) || isLoading) return;
    const seconds = problem.retryAfterSeconds ?? RETRY_SECONDS;
    setRetryAt(new Date(Date.now() + seconds * 1000));
    const timer = setTimeout(reload, seconds * 1000);
    window.addEventListener('online', reload);
    return () => {
      clearTimeout(timer);
      window.removeEventListener('online', reload);
      setRetryAt(undefined);
    };
  }, [problem, isLoading, reload]);

  useEffect(() => {
    if (everyMs === undefined || pause) return;
    const timer = setInterval(() => window.document.visibilityState === 'visible' && reload(), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, pause, reload]);

  return { data: last.current, readAt, problem, retryAt, isLoading: isLoading && !pause, reload };
}
