import { useMemo } from 'preact/hooks';
import { useData } from '../api/use-data';
import { RotationDocument, RotationPairDocument } from '../gql/graphql';
import { useText } from '../text';
import { time } from '../text/format';
import base from '../ui/base.module.css';
import { Button } from '../ui/button';
import { SafeText } from '../ui/safe-text';
import { Section } from '../ui/section';
import { RelativeTime, useHour } from '../ui/time';
import { allowedIn } from './impact';
import { endOf, type Key } from './key';
import style from './keys.module.css';

const REFRESH_MS = 5000;
const HOUR_MS = 3_600_000;

interface Props {
  oldId: string;
  newId: string;
  onRevoke: ((key: Key) => void) | undefined;
}

/** Returns the hours since the rotation, at most the 7 days that usage is kept by the hour. */
function hoursSince(rotatedAt: string, now: Date): { from: string; to: string } {
  const from = Math.max(new Date(rotatedAt).getTime(), now.getTime() - 167 * HOUR_MS);
  return { from: new Date(Math.min(from, now.getTime())).toISOString(), to: now.toISOString() };
}

/** How far the programs have moved from the old key to the new one, and who calls with the old one. */
export function RotationProgress({ oldId, newId, onRevoke }: Props) {
  const { rotate: text } = useText();
  const ids = useMemo(() => ({ oldId, newId }), [oldId, newId]);
  const { data: pair } = useData(RotationPairDocument, ids, { everyMs: REFRESH_MS });
  const rotatedAt = pair?.new?.createdAt;
  const hour = useHour();
  const variables = useMemo(() => ({ ...ids, ...hoursSince(rotatedAt ?? hour.toISOString(), hour) }), [ids, rotatedAt, hour]);
  const { data } = useData(RotationDocument, variables, { pause: rotatedAt === undefined, everyMs: REFRESH_MS });
  const old = pair?.old;
  if (!old || !rotatedAt || old.status !== 'ROTATING') return null;
  const [byOld, byNew] = [allowedIn(data?.old?.usage ?? []), allowedIn(data?.new?.usage ?? [])];
  const percent = byOld + byNew === 0 ? 0 : Math.floor((byNew / (byOld + byNew)) * 100);
  const end = endOf(old);
  return (
    <Section title={text.progressTitle}>
      <div className={style.progress}>
        <p>{byOld + byNew === 0 ? text.noCalls : text.progress(percent)}</p>
        <div
          className={style.progressBar}
          role="progressbar"
          aria-label={text.progressTitle}
          aria-valuenow={percent}
          aria-valuemin={0}
          aria-valuemax={100}
        >
          <span style={{ inlineSize: `${percent}%` }} />
        </div>
        <p className={style.split}>
          <span>{text.callsNew(byNew)}</span>
          <span>{text.callsOld(byOld)}</span>
        </p>
        {old.lastUsedAt && (
          <p>
            {text.lastCaller}: <RelativeTime at={old.lastUsedAt} />
            {old.lastUsedIp && <>, {old.lastUsedIp}</>}
            {old.lastUsedUserAgent && (
              <>
                , <SafeText>{old.lastUsedUserAgent}</SafeText>
              </>
            )}
          </p>
        )}
        <p className={`${base.row} ${base.muted}`}>
          {text.since(time(new Date(variables.from)))}
          {end && (
            <span>
              {text.oldEnds} <RelativeTime at={end} />.
            </span>
          )}
        </p>
        {onRevoke && <Button onClick={() => onRevoke(old)}>{text.revokeOld}</Button>}
      </div>
    </Section>
  );
}
