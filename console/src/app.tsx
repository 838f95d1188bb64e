import { useMemo, useState } from 'react';
import { Provider as UrqlProvider } from 'urql';
import { Redirect, Route, Router, Switch, useLocation } from 'wouter';
import { AccountPage } from './account/account-page';
import { ActivityPage } from './activity/activity-page';
import { createApiClient } from './api/client';
import { HistoryPage } from './history/history-page';
import { KeyPage } from './keys/key-page';
import { KeysPage } from './keys/keys-page';
import { type KeysScope, KeysScopeContext } from './keys/scope';
import { CallbackPage } from './session/callback-page';
import { nextPath } from './session/next';
import { ResetPage } from './session/reset-page';
import type { Viewer } from './session/session';
import { SessionOver } from './session/session-over';
import { SignInPage } from './session/sign-in-page';
import { SignUpPage } from './session/sign-up-page';
import { useServer, useSession, useSessionState } from './session/use-session';
import { Shell } from './shell';
import { useText } from './text';
import { Page } from './ui/page';
import { ToastProvider } from './ui/toast';

export const ENDPOINT = '/graphql';

/** The routes of the console, by whether the user is signed in. */
export function App() {
  const state = useSessionState();
  const isIn = state.status === 'in' || state.status === 'over';
  return (
    <Router base="/console">
      {isIn ? <SignedIn key={state.viewer.id} viewer={state.viewer} isOver={state.status === 'over'} /> : <SignedOut />}
    </Router>
  );
}

function SignedOut() {
  const [path] = useLocation();
  const next = path === '/' ? '' : `?next=${encodeURIComponent(`/console${path}`)}`;
  return (
    <Switch>
      <Route path="/sign-in" component={SignInPage} />
      <Route path="/sign-up" component={SignUpPage} />
      <Route path="/reset" component={ResetPage} />
      <Route path="/callback" component={CallbackPage} />
      <Route>
        <Redirect to={`/sign-in${next}`} replace />
      </Route>
    </Switch>
  );
}

/** Everything below is created anew for another user, so that no answer for one user is seen by another. */
function SignedIn({ viewer, isOver }: { viewer: Viewer; isOver: boolean }) {
  const session = useSession();
  const server = useServer();
  const client = useMemo(() => createApiClient(ENDPOINT, session), [session]);
  const [arrival] = useState(() => nextPath(location.search, location.origin));
  const scope = useMemo<KeysScope>(
    () => ({
      productName: server.productName,
      example: server.example ?? null,
      mayRead: true,
      mayCreate: true,
      mayUpdate: true,
      mayRotate: true,
      mayRevoke: true,
      mayAudit: true,
      showsUsage: true,
      onEvent: () => undefined,
    }),
    [server],
  );
  return (
    <UrqlProvider value={client}>
      <KeysScopeContext.Provider value={scope}>
        <ToastProvider>
          <Shell viewer={viewer}>
            <Switch>
              <Route path="/" component={KeysPage} />
              <Route path="/keys/:id">{({ id }) => <KeyPage key={id} id={id} />}</Route>
              <Route path="/history" component={HistoryPage} />
              <Route path="/activity" component={ActivityPage} />
              <Route path="/account">
                <AccountPage viewer={viewer} />
              </Route>
              {['/sign-in', '/sign-up', '/reset', '/callback'].map((path) => (
                <Route key={path} path={path}>
                  <Redirect to={arrival} replace />
                </Route>
              ))}
              <Route component={NotFound} />
            </Switch>
          </Shell>
          {isOver && <SessionOver viewer={viewer} />}
        </ToastProvider>
      </KeysScopeContext.Provider>
    </UrqlProvider>
  );
}

function NotFound() {
  const { common } = useText();
  return (
    <Page title={common.notFoundTitle}>
      <p>{common.notFound}</p>
    </Page>
  );
}
