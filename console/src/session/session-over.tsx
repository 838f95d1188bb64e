import { useConsoleText } from '../text';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import type { Viewer } from './session';
import style from './session.module.css';
import { SessionOverDialog } from './session-over-dialog';
import { useProvider } from './use-provider';
import { useSession } from './use-session';

/** Asks for a new sign-in over the page. */
export function SessionOver({ viewer }: { viewer: Viewer }) {
  const { session: text } = useConsoleText();
  const session = useSession();
  const provider = useProvider();
  if (!session.isExternal || !provider) return <SessionOverDialog viewer={viewer} />;
  return (
    <Dialog
      isAlert
      className={style.opaque}
      title={text.overTitle}
      onDismiss={() => undefined}
      onSubmit={() => void provider.start(location.pathname.replace(/^\/console/, '') || '/')}
      actions={
        <Button kind="primary" type="submit">
          {text.signIn}
        </Button>
      }
    >
      <p>{text.overExternal}</p>
    </Dialog>
  );
}
