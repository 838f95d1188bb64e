import { History } from 'lucide';
import { usePages } from '../api/use-pages';
import { HistoryDocument } from '../gql/graphql';
import type { Key } from '../keys/key';
import { KeyName } from '../keys/key-name';
import style from '../keys/keys.module.css';
import { useConsoleText } from '../text';
import { EmptyState } from '../ui/empty-state';
import { Link } from '../ui/link';
import { MoreButton } from '../ui/more-button';
import { Page } from '../ui/page';
import { LoadProblem } from '../ui/problem-notice';
import { SafeText } from '../ui/safe-text';
import { Skeleton } from '../ui/skeleton';
import { Table } from '../ui/table';
import { RelativeTime } from '../ui/time';

const NO_VARIABLES = {};

/** The keys that were revoked or have expired. */
export function HistoryPage() {
  const { history: text } = useConsoleText();
  const pages = usePages(HistoryDocument, NO_VARIABLES, (data) => data.myApiKeyHistory);
  const { data: keys } = pages;
  return (
    <Page title={text.title} intro={text.intro}>
      <LoadProblem loaded={pages} />
      {!keys && !pages.problem && <Skeleton lines={4} height="4.25rem" />}
      {keys?.length === 0 && (
        <EmptyState icon={History} title={text.emptyTitle}>
          {text.empty}
        </EmptyState>
      )}
      {keys && keys.length > 0 && (
        <Table
          label={text.tableLabel}
          columns={[text.columns.name, text.columns.ended, text.columns.why, text.columns.lastUsed, text.columns.created]}
        >
          {keys.map((key) => (
            <HistoryRow key={key.id} apiKey={key} />
          ))}
        </Table>
      )}
      <MoreButton pages={pages} />
    </Page>
  );
}

function HistoryRow({ apiKey }: { apiKey: Key }) {
  const { history: text, keys } = useConsoleText();
  const ended = apiKey.revokedAt ?? apiKey.expiresAt;
  return (
    <tr>
      <th scope="row">
        <Link className={style.name} href={`/keys/${apiKey.id}`}>
          <KeyName apiKey={apiKey} />
        </Link>
        <code className={style.prefix}>{apiKey.keyPrefix}…</code>
      </th>
      <td data-label={text.columns.ended} className={style.time}>
        {ended && <RelativeTime at={ended} />}
      </td>
      <td data-label={text.columns.why}>
        <Why apiKey={apiKey} />
      </td>
      <td data-label={text.columns.lastUsed} className={style.time}>
        {apiKey.lastUsedAt ? <RelativeTime at={apiKey.lastUsedAt} /> : keys.neverUsed}
      </td>
      <td data-label={text.columns.created} className={style.time}>
        <RelativeTime at={apiKey.createdAt} />
      </td>
    </tr>
  );
}

function Why({ apiKey: { replacedBy, status, revokedReason } }: { apiKey: Key }) {
  const { history: text } = useConsoleText();
  if (revokedReason) return <SafeText>{revokedReason}</SafeText>;
  if (replacedBy) {
    return (
      <>
        {text.rotatedInto} <Link href={`/keys/${replacedBy.id}`}>{replacedBy.keyPrefix}</Link>
      </>
    );
  }
  return <>{status === 'EXPIRED' ? text.expired : text.noReason}</>;
}
