import { useState } from 'preact/hooks';
import { fieldProblem, type Problem } from '../api/problem';
import { useClient } from '../api/use-client';
import { ChangePasswordDocument } from '../gql/graphql';
import { cookieHeaders } from '../session/session';
import { useSession } from '../session/use-session';
import { useConsoleText } from '../text';
import { Button } from '../ui/button';
import { focusFirstInvalid } from '../ui/focus-invalid';
import { PasswordField } from '../ui/password-field';
import { FormProblem } from '../ui/problem-notice';
import { Section } from '../ui/section';
import { useAnnounce } from '../ui/toast';
import style from './account.module.css';

const EMPTY = { current: '', next: '' };

/** Changes the password. The server ends every session, this one too, and answers with a new one. */
export function PasswordSection({ email }: { email: string }) {
  const { account: text, session: sessionText, common } = useConsoleText();
  const client = useClient();
  const session = useSession();
  const announce = useAnnounce();
  const [values, setValues] = useState(EMPTY);
  const [problem, setProblem] = useState<Problem>();
  const [isSubmitted, setSubmitted] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const missing = (value: string) => (isSubmitted && value === '' ? common.required : undefined);
  const isWrong = problem?.code === 'INVALID_CREDENTIALS';

  const submit = async (event: Event) => {
    event.preventDefault();
    setSubmitted(true);
    setProblem(undefined);
    if (isBusy) return;
    if (values.current === '' || values.next === '') return focusFirstInvalid();
    setBusy(true);
    const input = { currentPassword: values.current, newPassword: values.next };
    const options = { headers: cookieHeaders(), keepalive: true };
    const answer = await client.request(ChangePasswordDocument, { input }, options);
    setBusy(false);
    setProblem(answer.problem);
    if (!answer.data || answer.problem) return focusFirstInvalid();
    session.accept(answer.data.changePassword);
    client.refresh();
    setValues(EMPTY);
    setSubmitted(false);
    announce(text.passwordChanged);
  };
  return (
    <Section title={text.password} intro={text.passwordIntro}>
      <form className={style.form} noValidate onSubmit={(event) => void submit(event)}>
        {!isWrong && <FormProblem problem={problem} shownPaths={['newPassword']} />}
        <input hidden type="email" autoComplete="username" value={email} readOnly />
        <PasswordField
          label={text.currentPassword}
          name="current-password"
          autoComplete="current-password"
          value={values.current}
          error={isWrong ? text.passwordWrong : missing(values.current)}
          onChange={(current) => setValues({ ...values, current })}
        />
        <PasswordField
          label={text.newPassword}
          name="new-password"
          autoComplete="new-password"
          value={values.next}
          hint={sessionText.passwordRule}
          error={fieldProblem(problem, 'newPassword') ?? missing(values.next)}
          onChange={(next) => setValues({ ...values, next })}
        />
        <div>
          <Button type="submit" isBusy={isBusy}>
            {text.changePassword}
          </Button>
        </div>
      </form>
    </Section>
  );
}
