import { useState } from 'preact/hooks';
import { NO_ANSWER, type Problem } from '../api/problem';
import { useConsoleText } from '../text';
import base from '../ui/base.module.css';
import { Button } from '../ui/button';
import { Link } from '../ui/link';
import { Notice } from '../ui/notice';
import { EntryPage } from './entry-page';
import { nextPath } from './next';
import style from './session.module.css';
import { CredentialsForm } from './sign-in-form';
import { useProvider } from './use-provider';
import { useServer, useSession } from './use-session';

export function SignInPage() {
  const { session: text } = useConsoleText();
  const { accounts, identityProvider, signUpIsOpen, productName } = useServer();
  const session = useSession();
  const hasPasswords = accounts === 'LOCAL' || accounts === 'BOTH';
  if (accounts === 'NONE') {
    return (
      <EntryPage title={text.productOnlyTitle}>
        <p>{text.productOnly}</p>
      </EntryPage>
    );
  }
  return (
    <EntryPage title={text.signInTitle} intro={text.signInTo(productName)}>
      {hasPasswords && (
        <CredentialsForm action={text.signIn} submit={(email, password) => session.signIn(email, password)}>
          <p className={base.minor}>{text.forgot}</p>
        </CredentialsForm>
      )}
      {hasPasswords && identityProvider && <p className={style.or}>{text.or}</p>}
      {accounts !== 'LOCAL' && <ProviderButton isPrimary={!hasPasswords} />}
      {hasPasswords && signUpIsOpen && (
        <p className={style.switch}>
          {text.noAccount} <Link href="/sign-up">{text.createAccount}</Link>
        </p>
      )}
    </EntryPage>
  );
}

function ProviderButton({ isPrimary }: { isPrimary: boolean }) {
  const { session: text } = useConsoleText();
  const { identityProvider } = useServer();
  const provider = useProvider();
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);
  if (!identityProvider || !provider) return <Notice kind="warning">{text.noProvider}</Notice>;
  const start = async () => {
    setBusy(true);
    try {
      await provider.start(nextPath(location.search, location.origin));
    } catch {
      setBusy(false);
      setProblem(NO_ANSWER);
    }
  };
  const label = isPrimary ? text.signIn : text.signInWith(new URL(identityProvider.issuer).host);
  return (
    <>
      {problem && <Notice kind="error">{text.providerUnreachable}</Notice>}
      <Button kind={isPrimary ? 'primary' : 'secondary'} isBusy={isBusy} onClick={() => void start()}>
        {label}
      </Button>
    </>
  );
}
