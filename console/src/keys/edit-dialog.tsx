import { useState } from 'preact/hooks';
import type { Problem } from '../api/problem';
import { useClient } from '../api/use-client';
import { useText } from '../text';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { focusFirstInvalid } from '../ui/focus-invalid';
import { Notice } from '../ui/notice';
import { FormProblem } from '../ui/problem-notice';
import { useAnnounce } from '../ui/toast';
import { readKey, updateKey } from './actions';
import { changesOf, type DraftErrors, draftOf, errorsOf, rebase } from './draft';
import { type Key, nameOf } from './key';
import { FORM_PATHS, KeyForm } from './key-form';
import type { KeyPolicy } from './policy';

interface Props {
  apiKey: Key;
  policy: KeyPolicy;
  onClose: () => void;
}

/** Changes the settings of a key. Sends only what the user changed. */
export function EditDialog({ apiKey, policy, onClose }: Props) {
  const text = useText();
  const client = useClient();
  const announce = useAnnounce();
  const [before, setBefore] = useState(() => draftOf(apiKey));
  const [draft, setDraft] = useState(before);
  const [errors, setErrors] = useState<DraftErrors>({});
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);

  const showConflict = async (conflict: Problem) => {
    const current = await readKey(client, apiKey.id);
    if (current) {
      const fresh = draftOf(current);
      setDraft((edited) => rebase(before, edited, fresh));
      setBefore(fresh);
    }
    setProblem(conflict);
  };
  const submit = async () => {
    if (isBusy) return;
    const now = new Date();
    const found = errorsOf(draft, policy, now, new Date(apiKey.createdAt));
    setErrors(found);
    setProblem(undefined);
    if (Object.keys(found).length > 0) return focusFirstInvalid();
    const changes = changesOf(before, draft, now);
    if (Object.keys(changes).length === 0) {
      announce(text.form.nothingChanged);
      return onClose();
    }
    setBusy(true);
    const outcome = await updateKey(client, apiKey.id, changes);
    setBusy(false);
    if ('value' in outcome) {
      announce(text.keys.saved(nameOf(outcome.value)));
      return onClose();
    }
    if (outcome.problem.code === 'CONFLICT') return showConflict(outcome.problem);
    setProblem(outcome.problem);
    focusFirstInvalid();
  };

  return (
    <Dialog
      title={text.form.editTitle(nameOf(apiKey))}
      onDismiss={() => !isBusy && onClose()}
      onSubmit={() => void submit()}
      actions={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button kind="primary" type="submit" isBusy={isBusy}>
            {text.form.save}
          </Button>
        </>
      }
    >
      {problem?.code === 'CONFLICT' ? (
        <Notice kind="error">{text.form.conflict}</Notice>
      ) : (
        <FormProblem problem={problem} shownPaths={FORM_PATHS} />
      )}
      <KeyForm draft={draft} onChange={setDraft} policy={policy} errors={errors} problem={problem} edited={apiKey} />
    </Dialog>
  );
}
