import { useEffect, useRef, useState } from 'preact/hooks';
import { useConsoleText } from '../text';
import { Link } from '../ui/link';
import { useViewLocation } from '../ui/location';
import { Notice } from '../ui/notice';
import { EntryPage } from './entry-page';
import style from './session.module.css';
import { useProvider } from './use-provider';
import { useSession } from './use-session';

/** Receives the answer of the identity provider. */
export function CallbackPage() {
  const { session: text } = useConsoleText();
  const session = useSession();
  const provider = useProvider();
  const { go } = useViewLocation();
  const [failure, setFailure] = useState<string>();
  const isStarted = useRef(false);
  useEffect(() => {
    // A code can be exchanged once.
    if (isStarted.current || !provider) return;
    isStarted.current = true;
    void provider.finish().then(async (outcome) => {
      if ('rejected' in outcome) {
        if (outcome.rejected === 'needs-page') return go(`/sign-in?next=/console${outcome.next}`, true);
        return setFailure(text.callbackFailed);
      }
      const problem = await session.acceptExternal(outcome.accessToken);
      if (problem) return setFailure(problem.code === 'NETWORK' ? text.providerUnreachable : text.providerRejected);
      go(outcome.next, true);
    });
  }, [provider, session, go, text]);
  return (
    <EntryPage title={failure ? text.callbackFailedTitle : text.callbackTitle}>
      {failure && <Notice kind="error">{failure}</Notice>}
      {failure && (
        <p className={style.switch}>
          <Link href="/sign-in">{text.signIn}</Link>
        </p>
      )}
    </EntryPage>
  );
}
