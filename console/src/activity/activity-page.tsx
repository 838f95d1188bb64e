import { Download } from 'lucide';
import { useMemo, useState } from 'preact/hooks';
import { usePages } from '../api/use-pages';
import { ActivityDocument, type AuditAction, type AuditFilter } from '../gql/graphql';
import { endOfDay } from '../keys/expiry';
import { type Messages, useConsoleText } from '../text';
import base from '../ui/base.module.css';
import { Button } from '../ui/button';
import { SelectField, TextField } from '../ui/field';
import { Icon } from '../ui/icon';
import { Link } from '../ui/link';
import { MoreButton } from '../ui/more-button';
import { Page } from '../ui/page';
import { LoadProblem } from '../ui/problem-notice';
import { SafeText } from '../ui/safe-text';
import { Skeleton } from '../ui/skeleton';
import { Table } from '../ui/table';
import style from './activity.module.css';
import { csvOf } from './csv';
import { EventRow } from './event-row';
import { type AuditEvent, actionWords, actorWords, detailWords, prefixOf } from './event-words';

const GROUPS = {
  keys: ['API_KEY_CREATED', 'API_KEY_UPDATED', 'API_KEY_ROTATED', 'API_KEY_REVOKED', 'API_KEY_IMPORTED'],
  sessions: [
    'USER_SIGNED_IN',
    'USER_SIGN_IN_FAILED',
    'USER_SIGNED_OUT',
    'SESSION_ENDED',
    'SESSION_REUSE_DETECTED',
    'PORTAL_SESSION_CREATED',
    'PORTAL_SESSION_ENDED',
    'ACCESS_REFUSED',
  ],
  account: [
    'USER_SIGNED_UP',
    'USER_CREATED',
    'USER_UPDATED',
    'USER_DISABLED',
    'USER_ENABLED',
    'PASSWORD_CHANGED',
    'PASSWORD_RESET',
    'PASSWORD_RESET_ISSUED',
  ],
} as const satisfies Record<string, readonly AuditAction[]>;

type Group = 'all' | keyof typeof GROUPS;

function filterOf(group: Group, from: string, to: string): AuditFilter | null {
  const start = endOfDay(from) && new Date(`${from}T00:00:00`);
  const end = endOfDay(to);
  const filter: AuditFilter = {
    ...(group !== 'all' && { actions: [...GROUPS[group]] }),
    ...(start && { from: start.toISOString() }),
    ...(end && { to: end.toISOString() }),
  };
  return Object.keys(filter).length > 0 ? filter : null;
}

/** Downloads the events that are loaded. */
function download(events: readonly AuditEvent[], text: Messages): void {
  const { csv } = text.activity;
  const rows = events.map((event) => [
    event.at,
    actionWords(event, text),
    event.apiKey?.name ?? prefixOf(event) ?? '',
    actorWords(event, text),
    event.ipAddress ?? '',
    event.userAgent ?? '',
    detailWords(event, text) ?? '',
  ]);
  const heading = [csv.time, csv.event, csv.key, csv.by, csv.address, csv.program, csv.details];
  const url = URL.createObjectURL(new Blob([csvOf([heading, ...rows])], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = 'activity.csv';
  link.click();
  URL.revokeObjectURL(url);
}

/** The audit log of the user. */
export function ActivityPage() {
  const text = useConsoleText();
  const { activity } = text;
  const [group, setGroup] = useState<Group>('all');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const variables = useMemo(() => ({ filter: filterOf(group, from, to) }), [group, from, to]);
  const pages = usePages(ActivityDocument, variables, (data) => data.myAuditLog);
  const { data: events } = pages;
  const options = (Object.keys(activity.filters) as Group[]).map((each) => [each, activity.filters[each]] as const);
  const { columns } = text.events;
  return (
    <Page
      title={activity.title}
      intro={activity.intro}
      actions={
        events &&
        events.length > 0 && (
          <>
            <span className={base.minor}>{activity.exportHint(events.length)}</span>
            <Button onClick={() => download(events, text)}>
              <Icon of={Download} size={16} />
              {activity.exportCsv}
            </Button>
          </>
        )
      }
    >
      <div className={style.filter}>
        <SelectField label={activity.filterLabel} value={group} options={options} onChange={(value) => setGroup(value as Group)} />
        <TextField label={activity.from} type="date" value={from} onChange={setFrom} />
        <TextField label={activity.to} type="date" value={to} onChange={setTo} />
      </div>
      <LoadProblem loaded={pages} />
      {!events && !pages.problem && <Skeleton lines={6} height="3.75rem" />}
      {events?.length === 0 && <p className={base.muted}>{activity.empty}</p>}
      {events && events.length > 0 && (
        <Table label={activity.tableLabel} columns={[columns.what, columns.time, columns.key, columns.by, columns.from]}>
          {events.map((event) => (
            <EventRow key={event.id} event={event}>
              <KeyCell event={event} />
            </EventRow>
          ))}
        </Table>
      )}
      <MoreButton pages={pages} />
    </Page>
  );
}

function KeyCell({ event }: { event: AuditEvent }) {
  const { events } = useConsoleText();
  const prefix = prefixOf(event);
  return (
    <td data-label={events.columns.key}>
      {event.apiKey ? (
        <Link href={`/keys/${event.apiKey.id}`}>
          <SafeText>{event.apiKey.name ?? event.apiKey.keyPrefix}</SafeText>
        </Link>
      ) : (
        prefix && <code>{prefix}</code>
      )}
    </td>
  );
}
