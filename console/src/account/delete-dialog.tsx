import { useState } from 'preact/hooks';
import type { Problem } from '../api/problem';
import { useClient } from '../api/use-client';
import { DeleteAccountDocument } from '../gql/graphql';
import { useSession } from '../session/use-session';
import { useConsoleText } from '../text';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { PasswordField } from '../ui/password-field';
import { FormProblem } from '../ui/problem-notice';

export function DeleteDialog({ keyCount, onClose }: { keyCount: number; onClose: () => void }) {
  const { account: text, common } = useConsoleText();
  const client = useClient();
  const session = useSession();
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);
  const [isMissing, setMissing] = useState(false);
  const isWrong = problem?.code === 'INVALID_CREDENTIALS';
  const submit = async () => {
    setMissing(password === '');
    if (isBusy || password === '') return;
    setBusy(true);
    const found = (await client.request(DeleteAccountDocument, { password })).problem;
    setBusy(false);
    setProblem(found);
    if (!found) session.end();
  };
  return (
    <Dialog
      isAlert
      title={text.deleteTitle}
      onDismiss={() => !isBusy && onClose()}
      onSubmit={() => void submit()}
      actions={
        <>
          <Button data-autofocus onClick={onClose}>
            {common.cancel}
          </Button>
          <Button kind="danger" type="submit" isBusy={isBusy}>
            {text.deleteAction}
          </Button>
        </>
      }
    >
      {!isWrong && <FormProblem problem={problem} />}
      <p>{text.deleteConsequence(keyCount)}</p>
      <PasswordField
        label={text.currentPassword}
        name="current-password"
        autoComplete="current-password"
        value={password}
        error={isWrong ? text.passwordWrong : isMissing ? common.required : undefined}
        onChange={setPassword}
      />
    </Dialog>
  );
}
