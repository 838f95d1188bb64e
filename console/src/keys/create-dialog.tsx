import { useState } from 'preact/hooks';
import type { Problem } from '../api/problem';
import { useClient } from '../api/use-client';
import { useText } from '../text';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { focusFirstInvalid } from '../ui/focus-invalid';
import { Notice } from '../ui/notice';
import { FormProblem } from '../ui/problem-notice';
import { createKey, type IssuedKey, newIdempotencyKey } from './actions';
import { type DraftErrors, errorsOf, inputOf, newDraft } from './draft';
import { type Key, nameOf } from './key';
import { FORM_PATHS, KeyForm } from './key-form';
import type { KeyPolicy } from './policy';

interface Props {
  policy: KeyPolicy;
  /** Ids of the keys that exist already. */
  known: ReadonlySet<string>;
  onIssued: (issued: IssuedKey) => void;
  onClose: () => void;
}

export function CreateDialog({ policy, known, onIssued, onClose }: Props) {
  const text = useText();
  const client = useClient();
  const [draft, setDraft] = useState(() => newDraft(policy));
  const [idempotencyKey] = useState(newIdempotencyKey);
  const [errors, setErrors] = useState<DraftErrors>({});
  const [problem, setProblem] = useState<Problem>();
  const [lostKey, setLostKey] = useState<Key>();
  const [isBusy, setBusy] = useState(false);

  const submit = async () => {
    if (isBusy || lostKey) return;
    const now = new Date();
    const found = errorsOf(draft, policy, now);
    setErrors(found);
    setProblem(undefined);
    if (Object.keys(found).length > 0) return focusFirstInvalid();
    setBusy(true);
    const outcome = await createKey(client, inputOf(draft, now), known, idempotencyKey);
    setBusy(false);
    if ('issued' in outcome) return onIssued(outcome.issued);
    if ('lostKey' in outcome) return setLostKey(outcome.lostKey);
    setProblem(outcome.problem);
    focusFirstInvalid();
  };

  return (
    <Dialog
      title={text.form.createTitle}
      onDismiss={() => !isBusy && onClose()}
      onSubmit={() => void submit()}
      actions={
        lostKey ? (
          <Button onClick={onClose}>{text.common.close}</Button>
        ) : (
          <>
            <Button onClick={onClose}>{text.common.cancel}</Button>
            <Button kind="primary" type="submit" isBusy={isBusy}>
              {text.form.createAction}
            </Button>
          </>
        )
      }
    >
      {lostKey ? (
        <Notice kind="error">
          <p>{text.form.lost}</p>
          <p>{text.form.lostName(nameOf(lostKey))}</p>
        </Notice>
      ) : (
        <>
          {problem?.code === 'NETWORK' ? (
            <Notice kind="error">{text.form.notCreated}</Notice>
          ) : (
            <FormProblem problem={problem} shownPaths={FORM_PATHS} />
          )}
          <KeyForm draft={draft} onChange={setDraft} policy={policy} errors={errors} problem={problem} />
        </>
      )}
    </Dialog>
  );
}
