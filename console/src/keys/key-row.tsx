import { useText } from '../text';
import base from '../ui/base.module.css';
import { Button } from '../ui/button';
import { Link } from '../ui/link';
import { wideCell } from '../ui/table';
import { RelativeTime } from '../ui/time';
import { MiniBars } from '../usage/mini-bars';
import { endOf, isEditable, type Key, nameOf } from './key';
import { KeyName } from './key-name';
import { KeyStatus } from './key-status';
import style from './keys.module.css';
import { useKeysScope } from './scope';

export type KeyAction = 'edit' | 'rotate' | 'revoke';

interface Props {
  apiKey: Key;
  usage: readonly { start: string; allowed: number; refused: number }[] | undefined;
  onAction: (action: KeyAction, key: Key) => void;
}

export function KeyRow({ apiKey, usage, onAction }: Props) {
  const { keys: text, common } = useText();
  const scope = useKeysScope();
  const name = nameOf(apiKey);
  const end = endOf(apiKey);
  return (
    <tr part="row">
      <th scope="row">
        <Link className={style.name} href={`/keys/${apiKey.id}`}>
          <KeyName apiKey={apiKey} />
        </Link>
        <code className={style.prefix}>{apiKey.keyPrefix}…</code>
        {apiKey.replacedBy && (
          <div className={`${base.minor} ${base.light}`}>
            {text.replacedBy} <Link href={`/keys/${apiKey.replacedBy.id}`}>{apiKey.replacedBy.keyPrefix}</Link>
          </div>
        )}
      </th>
      <td data-label={text.columns.status}>
        <KeyStatus apiKey={apiKey} />
      </td>
      <td data-label={text.columns.lastUsed} className={style.time}>
        {apiKey.lastUsedAt ? <RelativeTime at={apiKey.lastUsedAt} /> : text.neverUsed}
      </td>
      {scope.showsUsage && (
        <td data-label={text.columns.use} className={wideCell}>
          {usage ? <MiniBars points={usage} /> : <span className={style.noBars} />}
        </td>
      )}
      <td data-label={text.columns.expires} className={style.time} data-soon={apiKey.expiresSoon}>
        {end ? <RelativeTime at={end} /> : common.never}
      </td>
      <td className={style.rowActions}>
        {scope.mayRotate && isEditable(apiKey) && (
          <Button isCompact aria-label={`${text.rotate} ${name}`} onClick={() => onAction('rotate', apiKey)}>
            {text.rotate}
          </Button>
        )}
        {scope.mayRevoke && (
          <Button isCompact kind="quietDanger" aria-label={`${text.revoke} ${name}`} onClick={() => onAction('revoke', apiKey)}>
            {text.revoke}
          </Button>
        )}
      </td>
    </tr>
  );
}
