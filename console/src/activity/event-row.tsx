import type { ComponentChildren } from 'preact';
import keyStyle from '../keys/keys.module.css';
import { useText } from '../text';
import base from '../ui/base.module.css';
import { programName } from '../ui/program-name';
import { SafeText, visibleText } from '../ui/safe-text';
import { RelativeTime } from '../ui/time';
import style from './event-row.module.css';
import { type AuditEvent, actionWords, actorWords, detailWords } from './event-words';

interface Props {
  event: AuditEvent;
  /** The cell of the key, where the events concern several keys. */
  children?: ComponentChildren;
}

export function EventRow({ event, children }: Props) {
  const text = useText();
  const { columns } = text.events;
  const details = detailWords(event, text);
  return (
    <tr>
      <th scope="row">
        {actionWords(event, text)}
        {details && (
          <div className={`${base.minor} ${base.light}`}>
            <SafeText>{details}</SafeText>
          </div>
        )}
      </th>
      <td data-label={columns.time} className={keyStyle.time}>
        <RelativeTime at={event.at} />
      </td>
      {children}
      <td data-label={columns.by} className={style.by}>
        <SafeText>{actorWords(event, text)}</SafeText>
      </td>
      <td data-label={columns.from}>
        {event.ipAddress}
        {event.userAgent && (
          <div className={base.minor} title={visibleText(event.userAgent)}>
            <SafeText>{programName(event.userAgent)}</SafeText>
          </div>
        )}
      </td>
    </tr>
  );
}
