import { Ban, CircleCheck, CirclePause, CircleX, RefreshCw } from 'lucide';
import { useText } from '../text';
import { duration } from '../text/format';
import { Icon } from '../ui/icon';
import { useNow } from '../ui/time';
import { endOf, type Key } from './key';
import style from './keys.module.css';

const ICONS = { ACTIVE: CircleCheck, DISABLED: CirclePause, EXPIRED: CircleX, REVOKED: Ban, ROTATING: RefreshCw };

/** The status as an icon and a word: colour alone would not be seen by everyone. */
export function KeyStatus({ apiKey }: { apiKey: Key }) {
  const { keys: text } = useText();
  const now = useNow();
  const { status } = apiKey;
  const end = endOf(apiKey);
  const words =
    status === 'ROTATING' && end ? text.endsIn(duration((new Date(end).getTime() - now.getTime()) / 1000)) : text.status[status];
  return (
    <span className={style.status} data-status={status}>
      <Icon of={ICONS[status]} size={15} />
      {words}
    </span>
  );
}
