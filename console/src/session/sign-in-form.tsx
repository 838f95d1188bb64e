import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { fieldProblem, type Problem } from '../api/problem';
import { useConsoleText } from '../text';
import { Button } from '../ui/button';
import { TextField } from '../ui/field';
import { focusFirstInvalid } from '../ui/focus-invalid';
import { PasswordField } from '../ui/password-field';
import { FormProblem } from '../ui/problem-notice';
import style from './session.module.css';

interface Props {
  isNew?: boolean;
  email?: string;
  action: string;
  submit: (email: string, password: string) => Promise<Problem | undefined>;
  /** After the fields, before the button. */
  children?: ComponentChildren;
}

/** Email and password, to sign in or to create an account. */
export function useCredentialsForm({ isNew = false, email: known = '', submit }: Omit<Props, 'action' | 'children'>) {
  const { session: text, common } = useConsoleText();
  const [email, setEmail] = useState(known);
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<Problem>();
  const [isSubmitted, setSubmitted] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const missing = (value: string) => (isSubmitted && value === '' ? common.required : undefined);
  const send = async () => {
    setSubmitted(true);
    setProblem(undefined);
    if (isBusy) return;
    if (email.trim() === '' || password === '') return focusFirstInvalid();
    setBusy(true);
    const found = await submit(email.trim(), password);
    setBusy(false);
    setProblem(found);
    if (found) focusFirstInvalid();
  };
  const fields = (
    <>
      <FormProblem problem={problem} shownPaths={['email', 'password']} />
      <TextField
        label={text.email}
        type="email"
        name="email"
        autoComplete="username"
        autoCapitalize="off"
        spellcheck={false}
        data-autofocus={known === '' || undefined}
        value={email}
        error={fieldProblem(problem, 'email') ?? missing(email)}
        onChange={setEmail}
      />
      <PasswordField
        label={text.password}
        name="password"
        autoComplete={isNew ? 'new-password' : 'current-password'}
        hint={isNew ? text.passwordRule : undefined}
        value={password}
        error={fieldProblem(problem, 'password') ?? missing(password)}
        onChange={setPassword}
      />
    </>
  );
  return { fields, send, isBusy };
}

export function CredentialsForm({ action, children, ...rest }: Props) {
  const { fields, send, isBusy } = useCredentialsForm(rest);
  const submit = (event: Event) => {
    event.preventDefault();
    void send();
  };
  return (
    <form className={style.form} noValidate onSubmit={submit}>
      {fields}
      <Button kind="primary" type="submit" isBusy={isBusy}>
        {action}
      </Button>
      {children}
    </form>
  );
}
