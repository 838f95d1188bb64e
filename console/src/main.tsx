import './ui/tokens.css';
import './global.css';
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { isTransient, NO_ANSWER, type Problem } from './api/problem';
import { send } from './api/send';
import { App, ENDPOINT } from './app';
import { ServerDocument } from './gql/graphql';
import { Session } from './session/session';
import { silentSignIn } from './session/silent-sign-in';
import { ServerContext, type ServerInfo, SessionContext, useSessionState } from './session/use-session';
import { StartProblem } from './start-problem';
import { TextContext } from './text';
import { en } from './text/en';
import base from './ui/base.module.css';

const RETRY_MS = 3000;

const session = new Session(ENDPOINT);

/** Reads what the server is, and continues the session, before anything is shown. */
function Start() {
  const [server, setServer] = useState<ServerInfo>();
  const [problem, setProblem] = useState<Problem>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const retryLater = (found: Problem) => {
      setProblem(found);
      if (isTransient(found)) timer = setTimeout(() => setAttempt(attempt + 1), RETRY_MS);
    };
    const read = async () => {
      const { data, problem: found } = await send(ENDPOINT, ServerDocument, {});
      if (!data) return retryLater(found ?? NO_ANSWER);
      const startProblem = await silentSignIn(session, data.server);
      if (startProblem) return retryLater(startProblem);
      setProblem(undefined);
      setServer(data.server);
    };
    void read();
    return () => clearTimeout(timer);
  }, [attempt]);
  if (server) {
    return (
      <ServerContext.Provider value={server}>
        <Started />
      </ServerContext.Provider>
    );
  }
  return problem ? <StartProblem problem={problem} onRetry={() => setAttempt(attempt + 1)} /> : null;
}

function Started() {
  const { status } = useSessionState();
  return status === 'starting' ? null : <App />;
}

const root = document.getElementById('app');
if (!root) throw new Error('The page has no #app.');
root.className = base.root ?? '';
render(
  <TextContext.Provider value={en}>
    <SessionContext.Provider value={session}>
      <Start />
    </SessionContext.Provider>
  </TextContext.Provider>,
  root,
);
