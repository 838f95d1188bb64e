import type { Problem } from './api/problem';
import style from './session/session.module.css';
import { useConsoleText } from './text';
import { Button } from './ui/button';
import { PageHeading } from './ui/heading';
import { Notice } from './ui/notice';
import { problemText } from './ui/problem-notice';

/** What is seen if the console cannot start. It tries again by itself. */
export function StartProblem({ problem, onRetry }: { problem: Problem; onRetry: () => void }) {
  const text = useConsoleText();
  return (
    <main className={style.entry}>
      <div className={style.card}>
        <PageHeading>{text.problems.cannotReachTitle}</PageHeading>
        <Notice kind="error" actions={<Button onClick={onRetry}>{text.common.tryAgain}</Button>}>
          {problemText(problem, text)}
        </Notice>
      </div>
    </main>
  );
}
