import { useMemo, useState } from 'preact/hooks';
import type { Problem } from '../api/problem';
import { useClient } from '../api/use-client';
import { useData } from '../api/use-data';
import { EndOtherSessionsDocument, EndSessionDocument, SessionsDocument, type SessionsQuery } from '../gql/graphql';
import keyStyle from '../keys/keys.module.css';
import { useConsoleText } from '../text';
import base from '../ui/base.module.css';
import { Button } from '../ui/button';
import { FormProblem, LoadProblem } from '../ui/problem-notice';
import { programName } from '../ui/program-name';
import { SafeText } from '../ui/safe-text';
import { Section } from '../ui/section';
import { Skeleton } from '../ui/skeleton';
import { Table } from '../ui/table';
import { RelativeTime } from '../ui/time';
import { useAnnounce } from '../ui/toast';
import style from './account.module.css';

type Session = SessionsQuery['mySessions'][number];

export function SessionsSection() {
  const { account: text } = useConsoleText();
  const client = useClient();
  const announce = useAnnounce();
  const variables = useMemo(() => ({}), []);
  const loaded = useData(SessionsDocument, variables, { everyMs: 60_000 });
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState<string>();
  const sessions = loaded.data?.mySessions;

  const end = async ({ id }: Session) => {
    setBusy(id);
    const found = (await client.mutate(EndSessionDocument, { id })).problem;
    setBusy(undefined);
    setProblem(found);
    if (!found) announce(text.ended);
  };
  const endOthers = async () => {
    setBusy('others');
    const answer = await client.mutate(EndOtherSessionsDocument, {});
    setBusy(undefined);
    setProblem(answer.problem);
    if (answer.data) announce(text.endedOthers(answer.data.endOtherSessions.ended));
  };
  const actions = sessions && sessions.length > 1 && (
    <Button isCompact isBusy={busy === 'others'} onClick={() => void endOthers()}>
      {text.endOthers}
    </Button>
  );
  return (
    <Section title={text.sessions} intro={text.sessionsIntro} actions={actions}>
      <FormProblem problem={problem} />
      <LoadProblem loaded={loaded} />
      {!sessions && !loaded.problem && <Skeleton lines={2} height="4rem" />}
      {sessions && (
        <Table label={text.sessionsLabel} columns={[text.program, text.lastActive, text.signedInAt, { hidden: text.endSession }]}>
          {sessions.map((session) => (
            <SessionRow key={session.id} session={session} isBusy={busy === session.id} onEnd={() => void end(session)} />
          ))}
        </Table>
      )}
    </Section>
  );
}

function SessionRow({ session, isBusy, onEnd }: { session: Session; isBusy: boolean; onEnd: () => void }) {
  const { account: text } = useConsoleText();
  const name = session.userAgent ? programName(session.userAgent) : text.unknownProgram;
  return (
    <tr>
      <th scope="row" title={session.userAgent ?? undefined}>
        <SafeText>{name}</SafeText>
        {session.current && <span className={style.current}>{text.thisSession}</span>}
        <div className={`${base.minor} ${base.light}`}>{session.ipAddress}</div>
      </th>
      <td data-label={text.lastActive} className={keyStyle.time}>
        <RelativeTime at={session.lastUsedAt} />
      </td>
      <td data-label={text.signedInAt} className={keyStyle.time}>
        <RelativeTime at={session.createdAt} />
      </td>
      <td className={keyStyle.rowActions}>
        {!session.current && (
          <Button isCompact kind="quietDanger" isBusy={isBusy} aria-label={text.endSessionOf(name)} onClick={onEnd}>
            {text.endSession}
          </Button>
        )}
      </td>
    </tr>
  );
}
