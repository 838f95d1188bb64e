import { ArrowLeft } from 'lucide';
import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { KeyEvents } from '../activity/key-events';
import type { Problem } from '../api/problem';
import { useClient } from '../api/use-client';
import { type Loaded, useData } from '../api/use-data';
import { KeyDocument } from '../gql/graphql';
import { useText } from '../text';
import base from '../ui/base.module.css';
import { Button } from '../ui/button';
import { Icon } from '../ui/icon';
import { Link } from '../ui/link';
import { Notice } from '../ui/notice';
import { Page } from '../ui/page';
import { FormProblem, LoadProblem } from '../ui/problem-notice';
import { Section } from '../ui/section';
import { Skeleton } from '../ui/skeleton';
import { RelativeTime } from '../ui/time';
import { useAnnounce } from '../ui/toast';
import { UsageSection } from '../usage/usage-section';
import { updateKey } from './actions';
import { isEditable, isUsable, type Key, nameOf } from './key';
import { KeyFacts, LastUse } from './key-facts';
import { KeyName } from './key-name';
import { KeyStatus } from './key-status';
import style from './keys.module.css';
import { RotationProgress } from './rotation-progress';
import { useKeysScope } from './scope';
import { useKeyDialogs } from './use-key-dialogs';
import { usePolicy } from './use-policy';

const REFRESH_MS = 15_000;

/** One key: its settings, its use, its rotation and its events. */
export function KeyPage({ id }: { id: string }) {
  const text = useText();
  const variables = useMemo(() => ({ id }), [id]);
  const loaded = useData(KeyDocument, variables, { everyMs: REFRESH_MS });
  const key = loaded.data?.apiKey;
  const back = (
    <Link className={style.backLink} href="/">
      <Icon of={ArrowLeft} size={14} />
      {text.common.back}
    </Link>
  );
  if (key) return <LoadedKey apiKey={key} loaded={loaded} back={back} />;
  const isMissing =
    loaded.problem?.code === 'NOT_FOUND' || loaded.problem?.code === 'FORBIDDEN' || loaded.problem?.code === 'BAD_USER_INPUT';
  return (
    <Page title={isMissing ? text.detail.missingTitle : text.common.loading} above={back}>
      {isMissing ? <p>{text.detail.missing}</p> : loaded.problem ? <LoadProblem loaded={loaded} /> : <Skeleton lines={3} height="6rem" />}
    </Page>
  );
}

function LoadedKey({ apiKey, loaded, back }: { apiKey: Key; loaded: Loaded<unknown>; back: ComponentChildren }) {
  const text = useText();
  const scope = useKeysScope();
  const policy = usePolicy();
  const dialogs = useKeyDialogs(policy);
  const rotatedFrom = apiKey.replaces?.status === 'ROTATING' ? apiKey.replaces.id : undefined;
  return (
    <Page
      above={back}
      title={<KeyName apiKey={apiKey} />}
      view={nameOf(apiKey)}
      intro={
        <span className={`${base.row} ${base.muted}`}>
          <code>{apiKey.keyPrefix}…</code>
          <KeyStatus apiKey={apiKey} />
          <span>
            {text.detail.created} <RelativeTime at={apiKey.createdAt} />
          </span>
          {apiKey.createdBy && <span>{text.keys.createdBy(apiKey.createdBy)}</span>}
        </span>
      }
      actions={<Actions apiKey={apiKey} onOpen={dialogs.open} />}
    >
      <LoadProblem loaded={loaded} />
      <StateNotice apiKey={apiKey} />
      {(rotatedFrom || apiKey.status === 'ROTATING') && (
        <RotationProgress
          oldId={rotatedFrom ?? apiKey.id}
          newId={rotatedFrom ? apiKey.id : (apiKey.replacedBy?.id ?? '')}
          onRevoke={scope.mayRevoke ? (key) => dialogs.open('revoke', key) : undefined}
        />
      )}
      {scope.showsUsage && <UsageSection id={apiKey.id} />}
      <Section title={text.detail.limits}>
        <KeyFacts apiKey={apiKey} policy={policy} />
      </Section>
      <Section title={text.detail.lastUse}>
        <LastUse apiKey={apiKey} />
      </Section>
      {scope.mayAudit && <KeyEvents id={apiKey.id} />}
      {dialogs.dialog}
    </Page>
  );
}

function Actions({ apiKey, onOpen }: { apiKey: Key; onOpen: (action: 'edit' | 'rotate' | 'revoke', key: Key) => void }) {
  const { keys: text } = useText();
  const scope = useKeysScope();
  const client = useClient();
  const announce = useAnnounce();
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);
  if (!isUsable(apiKey)) return null;
  const isOff = !apiKey.enabled;
  const toggle = async () => {
    setBusy(true);
    const outcome = await updateKey(client, apiKey.id, { enabled: isOff });
    setBusy(false);
    setProblem('problem' in outcome ? outcome.problem : undefined);
    if ('value' in outcome) announce(isOff ? text.switchedOn(nameOf(apiKey)) : text.switchedOff(nameOf(apiKey)));
  };
  return (
    <>
      {scope.mayUpdate && isEditable(apiKey) && <Button onClick={() => onOpen('edit', apiKey)}>{text.edit}</Button>}
      {scope.mayRotate && isEditable(apiKey) && <Button onClick={() => onOpen('rotate', apiKey)}>{text.rotate}</Button>}
      {scope.mayUpdate && isEditable(apiKey) && (
        <Button isBusy={isBusy} onClick={() => void toggle()}>
          {isOff ? text.switchOn : text.switchOff}
        </Button>
      )}
      {scope.mayRevoke && (
        <Button kind="quietDanger" onClick={() => onOpen('revoke', apiKey)}>
          {text.revoke}
        </Button>
      )}
      <FormProblem problem={problem} />
    </>
  );
}

/** Why the key does not work, if it does not. */
function StateNotice({ apiKey }: { apiKey: Key }) {
  const { detail: text } = useText();
  if (apiKey.status === 'DISABLED') return <Notice kind="warning">{text.offNotice}</Notice>;
  if (apiKey.status !== 'REVOKED' && apiKey.status !== 'EXPIRED') return null;
  const at = apiKey.status === 'REVOKED' ? apiKey.revokedAt : apiKey.expiresAt;
  return (
    <Notice>
      {apiKey.status === 'REVOKED' ? text.revokedNotice : text.expiredNotice} {at && <RelativeTime at={at} />}.
      {apiKey.replacedBy && (
        <>
          {' '}
          {text.replacedBy} <Link href={`/keys/${apiKey.replacedBy.id}`}>{apiKey.replacedBy.keyPrefix}</Link>.
        </>
      )}
    </Notice>
  );
}
