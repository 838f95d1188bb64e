import { useMemo, useState } from 'preact/hooks';
import type { Problem } from '../api/problem';
import { useClient } from '../api/use-client';
import { useData } from '../api/use-data';
import { KeyUsageDocument } from '../gql/graphql';
import { useText } from '../text';
import base from '../ui/base.module.css';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { TextField } from '../ui/field';
import { focusFirstInvalid } from '../ui/focus-invalid';
import { FormProblem } from '../ui/problem-notice';
import { programName } from '../ui/program-name';
import { SafeText, visibleText } from '../ui/safe-text';
import { RelativeTime } from '../ui/time';
import { useAnnounce } from '../ui/toast';
import { revokeKey, updateKey } from './actions';
import { allowedIn, lastWeek, wasUsedLately } from './impact';
import { isEditable, type Key, nameOf } from './key';

interface Props {
  apiKey: Key;
  mayUpdate: boolean;
  onRevoked: (key: Key) => void;
  onClose: () => void;
}

/** Revokes a key. Shows first what depends on it, and asks for its name if it is in use. */
export function RevokeDialog({ apiKey, mayUpdate, onRevoked, onClose }: Props) {
  const text = useText();
  const { revoke } = text;
  const client = useClient();
  const announce = useAnnounce();
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const [isMismatch, setMismatch] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState<'revoke' | 'pause'>();
  const isUsed = wasUsedLately(apiKey.lastUsedAt, new Date());
  // A name with characters that a keyboard lacks cannot be typed.
  const expected = apiKey.name && visibleText(apiKey.name) === apiKey.name ? apiKey.name : apiKey.keyPrefix;

  const submit = async () => {
    if (busy) return;
    const isConfirmed = !isUsed || typed.trim() === expected.trim();
    setMismatch(!isConfirmed);
    if (!isConfirmed) return focusFirstInvalid();
    setBusy('revoke');
    const outcome = await revokeKey(client, apiKey.id, reason);
    setBusy(undefined);
    if ('problem' in outcome) return setProblem(outcome.problem);
    announce(text.keys.revoked(nameOf(apiKey)));
    onRevoked(outcome.value);
  };
  const pause = async () => {
    setBusy('pause');
    const outcome = await updateKey(client, apiKey.id, { enabled: false });
    setBusy(undefined);
    if ('problem' in outcome) return setProblem(outcome.problem);
    announce(text.keys.switchedOff(nameOf(apiKey)));
    onClose();
  };
  return (
    <Dialog
      isAlert
      title={revoke.title(nameOf(apiKey))}
      onDismiss={() => !busy && onClose()}
      onSubmit={() => void submit()}
      actions={
        <>
          <Button data-autofocus onClick={onClose}>
            {revoke.keep}
          </Button>
          <Button kind="danger" type="submit" isBusy={busy === 'revoke'}>
            {revoke.action}
          </Button>
        </>
      }
    >
      <FormProblem problem={problem} shownPaths={['reason']} />
      <Impact apiKey={apiKey} isUsed={isUsed} />
      {mayUpdate && isEditable(apiKey) && apiKey.enabled && (
        <p className={`${base.row} ${base.muted}`}>
          <span>{revoke.pause}</span>
          <Button isCompact isBusy={busy === 'pause'} onClick={() => void pause()}>
            {revoke.pauseAction}
          </Button>
        </p>
      )}
      <TextField label={revoke.reason} value={reason} maxLength={500} hint={revoke.reasonHint} onChange={setReason} autoComplete="off" />
      {isUsed && (
        <TextField
          label={revoke.confirm}
          value={typed}
          autoComplete="off"
          autoCapitalize="off"
          spellcheck={false}
          hint={
            <>
              {revoke.confirmHint}{' '}
              <strong>
                <SafeText>{expected}</SafeText>
              </strong>
            </>
          }
          error={isMismatch ? revoke.mismatch : undefined}
          onChange={setTyped}
        />
      )}
    </Dialog>
  );
}

function Impact({ apiKey, isUsed }: { apiKey: Key; isUsed: boolean }) {
  const { revoke } = useText();
  const variables = useMemo(() => ({ id: apiKey.id, by: 'HOUR' as const, ...lastWeek(new Date()) }), [apiKey.id]);
  const { data } = useData(KeyUsageDocument, variables, { pause: !isUsed });
  const usage = data?.apiKey?.usage;
  const { lastUsedAt, lastUsedIp, lastUsedUserAgent } = apiKey;
  if (!isUsed || !lastUsedAt) return <p>{lastUsedAt ? revoke.unused : revoke.neverUsed}</p>;
  return (
    <p>
      {usage && `${revoke.impact(allowedIn(usage))}, `}
      {revoke.last} <RelativeTime at={lastUsedAt} />
      {lastUsedIp && ` ${revoke.from(lastUsedIp)}`}
      {lastUsedUserAgent && (
        <>
          {' '}
          <SafeText>{revoke.by(programName(lastUsedUserAgent))}</SafeText>
        </>
      )}
      . {revoke.consequence}
    </p>
  );
}
