import { useConsoleText } from '../text';
import { Link } from '../ui/link';
import { EntryPage } from './entry-page';
import style from './session.module.css';
import { CredentialsForm } from './sign-in-form';
import { useServer, useSession } from './use-session';

export function SignUpPage() {
  const { session: text } = useConsoleText();
  const { signUpIsOpen } = useServer();
  const session = useSession();
  return (
    <EntryPage title={signUpIsOpen ? text.createAccountTitle : text.signUpClosedTitle}>
      {signUpIsOpen ? (
        <CredentialsForm isNew action={text.createAccount} submit={(email, password) => session.signUp(email, password)} />
      ) : (
        <p>{text.signUpClosed}</p>
      )}
      <p className={style.switch}>
        {text.haveAccount} <Link href="/sign-in">{text.signIn}</Link>
      </p>
    </EntryPage>
  );
}
