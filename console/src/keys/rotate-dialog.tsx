import { useState } from 'preact/hooks';
import type { Problem } from '../api/problem';
import { useClient } from '../api/use-client';
import { useText } from '../text';
import { dateTime } from '../text/format';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { SelectField } from '../ui/field';
import { Notice } from '../ui/notice';
import { FormProblem } from '../ui/problem-notice';
import { useNow } from '../ui/time';
import { type IssuedKey, newIdempotencyKey, rotateKey } from './actions';
import { endOf, type Key, nameOf } from './key';

const DEFAULT_SECONDS = 86_400;

interface Props {
  apiKey: Key;
  onIssued: (issued: IssuedKey) => void;
  onClose: () => void;
}

export function RotateDialog({ apiKey, onIssued, onClose }: Props) {
  const text = useText();
  const { rotate } = text;
  const client = useClient();
  // While its predecessor is valid, a key can only be replaced at once.
  const isSuccessor = apiKey.replaces?.status === 'ROTATING';
  const [seconds, setSeconds] = useState(isSuccessor ? 0 : DEFAULT_SECONDS);
  const [idempotencyKey] = useState(newIdempotencyKey);
  const [problem, setProblem] = useState<Problem>();
  const [isLost, setLost] = useState(false);
  const [isBusy, setBusy] = useState(false);

  const submit = async () => {
    if (isBusy || isLost) return;
    setBusy(true);
    setProblem(undefined);
    const outcome = await rotateKey(client, apiKey, seconds, idempotencyKey);
    setBusy(false);
    if ('issued' in outcome) return onIssued(outcome.issued);
    if ('lostKey' in outcome) return setLost(true);
    setProblem(outcome.problem);
  };
  return (
    <Dialog
      title={rotate.title(nameOf(apiKey))}
      onDismiss={() => !isBusy && onClose()}
      onSubmit={() => void submit()}
      actions={
        <>
          <Button onClick={onClose}>{isLost ? text.common.close : text.common.cancel}</Button>
          {!isLost && (
            <Button kind="primary" type="submit" isBusy={isBusy}>
              {rotate.action}
            </Button>
          )}
        </>
      }
    >
      {isLost && <Notice kind="error">{rotate.lost}</Notice>}
      {problem?.code === 'NETWORK' ? <Notice kind="error">{rotate.notRotated}</Notice> : <FormProblem problem={problem} />}
      <p>{isSuccessor ? rotate.introSuccessor : rotate.intro}</p>
      {!isSuccessor && <GraceField apiKey={apiKey} seconds={seconds} onChange={setSeconds} />}
    </Dialog>
  );
}

function GraceField({ apiKey, seconds, onChange }: { apiKey: Key; seconds: number; onChange: (seconds: number) => void }) {
  const { rotate } = useText();
  const grace = new Date(useNow().getTime() + seconds * 1000);
  const end = endOf(apiKey);
  const own = end === null ? undefined : new Date(end);
  const hint = seconds === 0 ? rotate.immediately : own && own < grace ? rotate.earlier(dateTime(own)) : rotate.until(dateTime(grace));
  return (
    <SelectField
      label={rotate.grace}
      value={String(seconds)}
      options={Object.entries(rotate.graces)}
      hint={hint}
      data-autofocus
      onChange={(value) => onChange(Number(value))}
    />
  );
}
