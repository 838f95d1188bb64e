import { Check, Copy } from 'lucide';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useData } from '../api/use-data';
import { FirstUseDocument } from '../gql/graphql';
import { useText } from '../text';
import base from '../ui/base.module.css';
import { Button } from '../ui/button';
import { copyField, selectText } from '../ui/copy';
import { Dialog } from '../ui/dialog';
import { Icon } from '../ui/icon';
import { Notice } from '../ui/notice';
import { SafeText } from '../ui/safe-text';
import { Segments } from '../ui/segments';
import { RelativeTime } from '../ui/time';
import type { IssuedKey } from './actions';
import { useKeysScope } from './scope';
import style from './shown-once-dialog.module.css';
import { SNIPPETS, type Snippet, snippetOf, templateOf } from './snippets';

const POLL_MS = 2500;

interface Props {
  issued: IssuedKey;
  onClose: () => void;
}

/** Warns before the page is left while the key is shown and was not copied. */
function useLeaveGuard(isNeeded: boolean): void {
  // At once: a page that says "Copied" does not warn.
  useLayoutEffect(() => {
    if (!isNeeded) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [isNeeded]);
}

/** Shows the plaintext of a key, once. It is in this component alone, and is forgotten with it. */
export function ShownOnceDialog({ issued, onClose }: Props) {
  const { shown: text } = useText();
  const scope = useKeysScope();
  const [snippet, setSnippet] = useState<Snippet>('key');
  const [copied, setCopied] = useState<'no' | 'yes' | 'failed'>('no');
  const [wasCopied, setWasCopied] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  useLeaveGuard(!wasCopied);
  useEffect(() => {
    // The page can be restored from memory by the back button.
    window.addEventListener('pagehide', onClose);
    return () => window.removeEventListener('pagehide', onClose);
  }, [onClose]);

  const markCopied = () => {
    setCopied('yes');
    setWasCopied(true);
    setAsking(false);
  };
  const copy = async () => {
    if (field.current && (await copyField(field.current))) markCopied();
    else setCopied('failed');
  };
  const done = () => (wasCopied ? onClose() : setAsking(true));
  const template = scope.snippet?.(issued.key.keyPrefix) ?? (scope.example && templateOf(scope.example));
  // The text is not among the properties of the field: what earlier renders left behind outlives the dialog, and so would the key.
  useLayoutEffect(() => {
    const area = field.current;
    if (!area) return;
    area.value = snippetOf(snippet, issued.plaintext, template);
    return () => {
      area.value = '';
    };
  }, [snippet, issued, template]);
  useEffect(
    () => () => {
      issued.plaintext = '';
    },
    [issued],
  );
  const snippets = SNIPPETS.filter((each) => each !== 'curl' || template);

  return (
    <Dialog
      isAlert
      title={text.title}
      onDismiss={done}
      actions={
        isAsking ? (
          <>
            <Button kind="quietDanger" onClick={onClose}>
              {text.closeAnyway}
            </Button>
            <Button kind="primary" onClick={() => void copy()}>
              {text.copy}
            </Button>
          </>
        ) : (
          <Button onClick={done}>{text.done}</Button>
        )
      }
    >
      <p>{text.once}</p>
      <div className={style.formats}>
        <Segments label={text.format} value={snippet} options={snippets} texts={text} onChange={setSnippet} />
        <textarea
          ref={field}
          part="key"
          className={style.key}
          aria-label={text.label}
          readOnly
          rows={snippet === 'curl' ? 4 : 2}
          spellcheck={false}
          data-autofocus
          onFocus={(event) => selectText(event.currentTarget)}
          onCopy={markCopied}
        />
      </div>
      <div className={`${base.row} ${base.muted}`}>
        {!isAsking && (
          <Button kind="primary" onClick={() => void copy()}>
            {copied === 'yes' ? <Icon of={Check} size={16} /> : <Icon of={Copy} size={16} />}
            {text.copy}
          </Button>
        )}
        <span role="status">{copied === 'yes' ? text.copied : copied === 'failed' ? text.pressKeys : ''}</span>
      </div>
      {isAsking && <Notice kind="warning">{text.notCopied}</Notice>}
      {scope.mayRead && <FirstUse id={issued.key.id} />}
    </Dialog>
  );
}

/** Waits until the new key is used. */
function FirstUse({ id }: { id: string }) {
  const { shown: text } = useText();
  const [variables] = useState({ id });
  const { data } = useData(FirstUseDocument, variables, { everyMs: POLL_MS });
  const key = data?.apiKey;
  return (
    <p className={style.use} data-seen={Boolean(key?.lastUsedAt)} role="status">
      <span className={style.pulse} />
      {key?.lastUsedAt ? (
        <span>
          {text.seen} <RelativeTime at={key.lastUsedAt} />{' '}
          {key.lastUsedIp && <SafeText>{text.from(key.lastUsedIp, key.lastUsedUserAgent ?? null)}</SafeText>}
        </span>
      ) : (
        <span>{text.waiting}</span>
      )}
    </p>
  );
}
