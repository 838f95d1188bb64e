import { useMemo, useState } from 'preact/hooks';
import { useData } from '../api/use-data';
import { KeyUsageDocument, type KeyUsageQuery, type UsageInterval, type VerificationCode } from '../gql/graphql';
import { allowedIn, rejectedIn } from '../keys/impact';
import { useText } from '../text';
import { hour as hourName, number, utcDay } from '../text/format';
import { Button } from '../ui/button';
import { classes } from '../ui/classes';
import { SmallHeading } from '../ui/heading';
import { LoadProblem } from '../ui/problem-notice';
import { Section } from '../ui/section';
import { Segments } from '../ui/segments';
import { Skeleton } from '../ui/skeleton';
import { Table } from '../ui/table';
import { useHour } from '../ui/time';
import style from './usage.module.css';
import { UsageChart } from './usage-chart';

const HOUR_MS = 3_600_000;

/** Number and length of the intervals of each period. The current interval is the last one. */
const RANGES = {
  '24h': { count: 24, by: 'HOUR', length: HOUR_MS },
  '7d': { count: 168, by: 'HOUR', length: HOUR_MS },
  '30d': { count: 30, by: 'DAY', length: 24 * HOUR_MS },
  '90d': { count: 90, by: 'DAY', length: 24 * HOUR_MS },
} as const satisfies Record<string, { count: number; by: UsageInterval; length: number }>;

type Range = keyof typeof RANGES;

const RANGE_NAMES = Object.keys(RANGES) as Range[];

type Points = NonNullable<KeyUsageQuery['apiKey']>['usage'];

/** Returns the first and the last time of a period that ends now. */
export function periodOf(range: Range, now: Date): { from: string; to: string; by: UsageInterval } {
  const { count, by, length } = RANGES[range];
  return { from: new Date(now.getTime() - (count - 1) * length).toISOString(), to: now.toISOString(), by };
}

/** Returns the number of rejected calls by reason, most frequent first. Rejections without a recorded reason are null. */
function reasonsOf(points: Points): [code: VerificationCode | null, count: number][] {
  const counts = new Map<VerificationCode | null, number>();
  for (const { refused, refusals } of points) {
    const known = refusals.reduce((sum, { count }) => sum + count, 0);
    for (const { code, count } of refusals) counts.set(code, (counts.get(code) ?? 0) + count);
    if (refused > known) counts.set(null, (counts.get(null) ?? 0) + refused - known);
  }
  return [...counts].sort(([, one], [, other]) => other - one);
}

export function UsageSection({ id }: { id: string }) {
  const { usage: text } = useText();
  const [range, setRange] = useState<Range>('30d');
  const [isTable, setTable] = useState(false);
  const hour = useHour();
  const variables = useMemo(() => ({ id, ...periodOf(range, hour) }), [id, range, hour]);
  const loaded = useData(KeyUsageDocument, variables);
  const points = loaded.data?.apiKey?.usage;
  const isHourly = RANGES[range].by === 'HOUR';
  const nameOf = (start: string) => (isHourly ? hourName(new Date(start)) : utcDay(new Date(start)));
  const ranges = <Segments label={text.range} value={range} options={RANGE_NAMES} texts={text.ranges} onChange={setRange} />;
  return (
    <Section title={text.title} actions={ranges}>
      <LoadProblem loaded={loaded} />
      {!points ? (
        !loaded.problem && <Skeleton lines={1} height="19rem" />
      ) : (
        <div className={style.panel} aria-busy={loaded.isLoading || undefined}>
          <Legend points={points} />
          <UsageChart points={points} nameOf={nameOf} />
          <Reasons points={points} />
          <Button isCompact kind="quiet" aria-expanded={isTable} onClick={() => setTable(!isTable)}>
            {isTable ? text.hideTable : text.showTable}
          </Button>
          {isTable && <UsageTable points={points} nameOf={nameOf} columnName={isHourly ? text.hour : text.day} />}
        </div>
      )}
    </Section>
  );
}

function Legend({ points }: { points: Points }) {
  const { usage: text } = useText();
  return (
    <dl className={style.legend}>
      <div>
        <dt>
          <span className={style.swatch} />
          {text.allowed}
        </dt>
        <dd>{number(allowedIn(points))}</dd>
      </div>
      <div>
        <dt>
          <span className={classes(style.swatch, style.swatchRejected)} />
          {text.rejected}
        </dt>
        <dd>{number(rejectedIn(points))}</dd>
      </div>
    </dl>
  );
}

function Reasons({ points }: { points: Points }) {
  const { usage: text, rejections } = useText();
  const reasons = reasonsOf(points);
  if (reasons.length === 0) return null;
  return (
    <div className={style.reasons}>
      <SmallHeading>{text.why}</SmallHeading>
      <dl>
        {reasons.map(([code, count]) => (
          <div key={code}>
            <dt>{code ? rejections[code] : text.otherReasons}</dt>
            <dd>{number(count)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function UsageTable({ points, nameOf, columnName }: { points: Points; nameOf: (start: string) => string; columnName: string }) {
  const { usage: text } = useText();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: The keyboard scrolls the table only if it can have the focus.
    <section className={style.scroll} tabIndex={0} aria-label={text.tableLabel}>
      <Table label={text.tableLabel} columns={[columnName, text.allowed, text.rejected]} isPlain>
        {points.toReversed().map(({ start, allowed, refused }) => (
          <tr key={start}>
            <th scope="row">
              <time dateTime={start}>{nameOf(start)}</time>
            </th>
            <td>{number(allowed)}</td>
            <td>{number(refused)}</td>
          </tr>
        ))}
      </Table>
    </section>
  );
}
