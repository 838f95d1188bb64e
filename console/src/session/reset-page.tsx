import { useState } from 'preact/hooks';
import { fieldProblem, type Problem } from '../api/problem';
import { useConsoleText } from '../text';
import { Button } from '../ui/button';
import { focusFirstInvalid } from '../ui/focus-invalid';
import { Link } from '../ui/link';
import { Notice } from '../ui/notice';
import { PasswordField } from '../ui/password-field';
import { FormProblem } from '../ui/problem-notice';
import { EntryPage } from './entry-page';
import style from './session.module.css';
import { useSession } from './use-session';

/** Takes the token off the address bar, so that it stays in no history. */
function takeToken(): string {
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
  if (location.hash) history.replaceState(null, '', location.pathname + location.search);
  return token;
}

/** Sets a new password with a one-time token of the operator, which is in the fragment of the link: a fragment reaches no log. */
export function ResetPage() {
  const { session: text, common } = useConsoleText();
  const session = useSession();
  const [token] = useState(takeToken);
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<Problem>();
  const [isSubmitted, setSubmitted] = useState(false);
  const [isBusy, setBusy] = useState(false);
  // The token is the only credential of this page.
  const isRejected = problem?.code === 'UNAUTHENTICATED';
  const submit = async (event: Event) => {
    event.preventDefault();
    setSubmitted(true);
    if (isBusy) return;
    if (password === '') return focusFirstInvalid();
    setBusy(true);
    const found = await session.resetPassword(token, password);
    setBusy(false);
    setProblem(found);
    if (found) focusFirstInvalid();
  };
  return (
    <EntryPage title={text.resetTitle}>
      {token === '' ? (
        <Notice kind="warning">{text.resetMissing}</Notice>
      ) : (
        <form className={style.form} noValidate onSubmit={(event) => void submit(event)}>
          {isRejected ? <Notice kind="error">{text.resetRejected}</Notice> : <FormProblem problem={problem} shownPaths={['newPassword']} />}
          <PasswordField
            label={text.newPassword}
            name="new-password"
            autoComplete="new-password"
            hint={text.passwordRule}
            value={password}
            error={fieldProblem(problem, 'newPassword') ?? (isSubmitted && password === '' ? common.required : undefined)}
            onChange={setPassword}
          />
          <Button kind="primary" type="submit" isBusy={isBusy}>
            {text.setPassword}
          </Button>
        </form>
      )}
      <p className={style.switch}>
        <Link href="/sign-in">{text.signIn}</Link>
      </p>
    </EntryPage>
  );
}
