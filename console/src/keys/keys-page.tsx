import { KeyRound, Plus } from 'lucide';
import { useId, useMemo } from 'preact/hooks';
import { useData } from '../api/use-data';
import { KeysDocument, UseOfKeysDocument } from '../gql/graphql';
import { useText } from '../text';
import { relativeTime } from '../text/format';
import base from '../ui/base.module.css';
import { Button } from '../ui/button';
import { EmptyState } from '../ui/empty-state';
import { Icon } from '../ui/icon';
import { Notice } from '../ui/notice';
import { Page } from '../ui/page';
import { LoadProblem } from '../ui/problem-notice';
import { Skeleton } from '../ui/skeleton';
import { Table } from '../ui/table';
import { useHour, useNow } from '../ui/time';
import { periodOf } from '../usage/usage-section';
import { endOf, type Key, nameOf } from './key';
import { type KeyAction, KeyRow } from './key-row';
import type { KeyPolicy } from './policy';
import { useKeysScope } from './scope';
import { useKeyDialogs } from './use-key-dialogs';
import { usePolicy } from './use-policy';

const NO_VARIABLES = {};
const REFRESH_MS = 30_000;
const WARNINGS_MAX = 2;

/** The usable keys of the user. */
export function KeysPage() {
  const text = useText();
  const scope = useKeysScope();
  const loaded = useData(KeysDocument, NO_VARIABLES, { everyMs: REFRESH_MS, pause: !scope.mayRead });
  const onlyPolicy = usePolicy();
  const hour = useHour();
  const period = useMemo(() => {
    const { from, to } = periodOf('30d', hour);
    return { from, to };
  }, [hour]);
  const use = useData(UseOfKeysDocument, period, { pause: !scope.showsUsage, everyMs: REFRESH_MS });
  const keys = loaded.data?.myApiKeys;
  const policy = loaded.data?.myKeyPolicy ?? onlyPolicy;
  const dialogs = useKeyDialogs(policy, () => {
    loaded.reload();
    use.reload();
  });
  const reasonId = useId();
  const isFull = policy !== undefined && policy.keysUsed >= policy.keysMax;
  const known = new Set(keys?.map(({ id }) => id));
  const createButton = scope.mayCreate && (
    <Button
      kind="primary"
      isDisabled={isFull || policy === undefined}
      aria-describedby={isFull ? reasonId : undefined}
      onClick={() => dialogs.openCreate(known)}
    >
      <Icon of={Plus} size={16} />
      {text.keys.create}
    </Button>
  );
  return (
    <Page
      title={text.keys.title}
      intro={policy && <Used policy={policy} isFull={isFull} id={reasonId} />}
      actions={keys?.length !== 0 && createButton}
    >
      <LoadProblem loaded={loaded} />
      {keys && <Warnings keys={keys} onAction={dialogs.open} />}
      {scope.mayRead && !keys && !loaded.problem && <Skeleton lines={4} height="4.25rem" />}
      {keys?.length === 0 && (
        <EmptyState icon={KeyRound} title={text.keys.emptyTitle} action={createButton}>
          <slot name="empty">{text.keys.empty(scope.productName)}</slot>
        </EmptyState>
      )}
      {keys && keys.length > 0 && (
        <Table
          label={text.keys.tableLabel}
          columns={[
            text.keys.columns.name,
            text.keys.columns.status,
            text.keys.columns.lastUsed,
            ...(scope.showsUsage ? [{ wide: text.keys.columns.use }] : []),
            text.keys.columns.expires,
            { hidden: text.keys.columns.actions },
          ]}
        >
          {keys.map((key) => (
            <KeyRow key={key.id} apiKey={key} usage={use.data?.myApiKeys.find(({ id }) => id === key.id)?.usage} onAction={dialogs.open} />
          ))}
        </Table>
      )}
      {dialogs.dialog}
    </Page>
  );
}

const Used = ({ policy, isFull, id }: { policy: KeyPolicy; isFull: boolean; id: string }) => {
  const { keys: text } = useText();
  const { keysUsed, keysMax } = policy;
  return <span id={id}>{isFull ? text.limitReached(keysUsed, keysMax) : text.used(keysUsed, keysMax)}</span>;
};

/** The keys that end soon, with what can be done about it. */
function Warnings({ keys, onAction }: { keys: readonly Key[]; onAction: (action: KeyAction, key: Key) => void }) {
  const { keys: text } = useText();
  const scope = useKeysScope();
  const now = useNow();
  const ending = keys.filter((key) => key.expiresSoon && key.status === 'ACTIVE' && endOf(key) !== null);
  if (ending.length === 0) return null;
  return (
    <div className={base.stack}>
      {ending.slice(0, WARNINGS_MAX).map((key) => (
        <Notice
          key={key.id}
          kind="warning"
          actions={
            <>
              {scope.mayRotate && (
                <Button isCompact aria-label={`${text.rotate} ${nameOf(key)}`} onClick={() => onAction('rotate', key)}>
                  {text.rotate}
                </Button>
              )}
              {scope.mayUpdate && (
                <Button isCompact aria-label={`${text.edit} ${nameOf(key)}`} onClick={() => onAction('edit', key)}>
                  {text.edit}
                </Button>
              )}
            </>
          }
        >
          “{nameOf(key)}” {text.endsSoon(relativeTime(new Date(endOf(key) ?? 0), now))}
        </Notice>
      ))}
      {ending.length > WARNINGS_MAX && <p className={base.muted}>{text.moreEndSoon(ending.length - WARNINGS_MAX)}</p>}
    </div>
  );
}
