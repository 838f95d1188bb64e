import { useEffect, useState } from 'preact/hooks';
import type { Problem } from '../api/problem';
import type { Loaded } from '../api/use-data';
import { type KeyMessages, useText } from '../text';
import { time } from '../text/format';
import base from './base.module.css';
import { Button } from './button';
import { Notice } from './notice';

/** Returns what the problem is and what to do. */
export function problemText(problem: Problem, { problems }: KeyMessages): string {
  const { code, retryAfterSeconds, limit } = problem;
  if (code === 'API_KEY_LIMIT_REACHED') return problems.limitReached(limit ?? 0);
  const known = (problems as Record<string, unknown>)[code];
  const text = typeof known === 'string' ? known : problems.OTHER;
  return retryAfterSeconds === undefined ? text : `${text} ${problems.waitAndRetry(retryAfterSeconds)}`;
}

/** The error of a form: what failed, and the problems of fields that the form does not show. */
export function FormProblem({ problem, shownPaths = [] }: { problem: Problem | undefined; shownPaths?: readonly string[] }) {
  const text = useText();
  if (!problem) return null;
  const others = problem.fields.filter(
    ({ path }) => !shownPaths.some((shown) => path === `input.${shown}` || path.startsWith(`input.${shown}.`)),
  );
  return (
    <Notice kind="error">
      <p>{problemText(problem, text)}</p>
      {others.map(({ path, message }) => (
        <p key={path}>{text.problems.input(path.replace(/^input\./, ''), message)}</p>
      ))}
      {problem.requestId && <p className={base.muted}>{text.problems.requestId(problem.requestId)}</p>}
    </Notice>
  );
}

function useSecondsUntil(at: Date | undefined): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!at) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [at]);
  return at ? Math.max(0, Math.ceil((at.getTime() - now) / 1000)) : 0;
}

/** The problem of a query, with a button that repeats it. It says from when the data is that stays on the page. */
export function LoadProblem({ loaded }: { loaded: Loaded<unknown> }) {
  const text = useText();
  const { problem, retryAt, data, readAt, reload } = loaded;
  const seconds = useSecondsUntil(retryAt);
  if (!problem) return null;
  const words = problemText({ ...problem, retryAfterSeconds: undefined }, text);
  return (
    <Notice kind="error" actions={<Button onClick={reload}>{text.common.tryAgain}</Button>}>
      <p>
        {words} {data !== undefined && readAt && text.problems.stale(time(readAt))}
      </p>
      {retryAt && (
        <p className={base.muted} aria-live="off">
          {text.problems.retryingIn(seconds)}
        </p>
      )}
      {problem.requestId && <p className={base.muted}>{text.problems.requestId(problem.requestId)}</p>}
    </Notice>
  );
}
