import { useMemo } from 'preact/hooks';
import { usePages } from '../api/use-pages';
import { KeyEventsDocument } from '../gql/graphql';
import { useText } from '../text';
import { MoreButton } from '../ui/more-button';
import { LoadProblem } from '../ui/problem-notice';
import { Section } from '../ui/section';
import { Skeleton } from '../ui/skeleton';
import { Table } from '../ui/table';
import { EventRow } from './event-row';

/** What was done with one key. */
export function KeyEvents({ id }: { id: string }) {
  const { detail, events } = useText();
  const variables = useMemo(() => ({ id }), [id]);
  const pages = usePages(KeyEventsDocument, variables, (data) => data.apiKey?.events);
  return (
    <Section title={detail.events}>
      <LoadProblem loaded={pages} />
      {!pages.data && !pages.problem && <Skeleton lines={2} height="3.5rem" />}
      {pages.data && (
        <Table label={detail.events} columns={[events.columns.what, events.columns.time, events.columns.by, events.columns.from]}>
          {pages.data.map((event) => (
            <EventRow key={event.id} event={event} />
          ))}
        </Table>
      )}
      <MoreButton pages={pages} />
    </Section>
  );
}
