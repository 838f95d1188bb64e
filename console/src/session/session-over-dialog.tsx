import { useConsoleText } from '../text';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import type { Viewer } from './session';
import style from './session.module.css';
import { useCredentialsForm } from './sign-in-form';
import { useSession } from './use-session';

/** Signs in again over the page, so that nothing typed there is lost. */
export function SessionOverDialog({ viewer }: { viewer: Viewer }) {
  const { session: text } = useConsoleText();
  const session = useSession();
  const { fields, send, isBusy } = useCredentialsForm({
    email: viewer.email ?? '',
    submit: (email, password) => session.signIn(email, password),
  });
  return (
    <Dialog
      isAlert
      className={style.opaque}
      title={text.overTitle}
      onDismiss={() => undefined}
      onSubmit={() => void send()}
      actions={
        <>
          <Button onClick={() => session.end()}>{text.anotherAccount}</Button>
          <Button kind="primary" type="submit" isBusy={isBusy}>
            {text.signIn}
          </Button>
        </>
      }
    >
      <p>{text.over}</p>
      {fields}
    </Dialog>
  );
}
