import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useMemo, useState } from 'preact/hooks';
import { AccountPage } from './account/account-page';
import { ActivityPage } from './activity/activity-page';
import { ApiClient } from './api/client';
import { ClientContext } from './api/use-client';
import { browserLocation } from './browser-location';
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
import { useConsoleText } from './text';
import { keyIdIn, LocationContext, usePath, useViewLocation } from './ui/location';
import { Page } from './ui/page';
import { ToastProvider } from './ui/toast';

export const ENDPOINT = '/graphql';

/** The routes of the console, by whether the user is signed in. */
export function App() {
  const state = useSessionState();
  const isIn = state.status === 'in' || state.status === 'over';
  return (
    <LocationContext.Provider value={browserLocation}>
      {isIn ? <SignedIn key={state.viewer.id} viewer={state.viewer} isOver={state.status === 'over'} /> : <SignedOut />}
    </LocationContext.Provider>
  );
}

/** Pages that begin a session. For a user who is signed in, they lead to where the link wanted to go. */
const ENTRIES: Record<string, () => ComponentChildren> = {
  '/sign-in': SignInPage,
  '/sign-up': SignUpPage,
  '/reset': ResetPage,
  '/callback': CallbackPage,
};

const entryOf = (path: string) => (Object.hasOwn(ENTRIES, path) ? ENTRIES[path] : undefined);

function SignedOut() {
  const path = usePath();
  const Entry = entryOf(path);
  if (Entry) return <Entry />;
  return <Redirect to={path === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(`/console${path}`)}`} />;
}

function Redirect({ to }: { to: string }) {
  const { go } = useViewLocation();
  useLayoutEffect(() => go(to, true), [go, to]);
  return null;
}

/** Everything below is created anew for another user, so that no answer for one user is seen by another. */
function SignedIn({ viewer, isOver }: { viewer: Viewer; isOver: boolean }) {
  const session = useSession();
  const server = useServer();
  const client = useMemo(() => new ApiClient(ENDPOINT, session), [session]);
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
    <ClientContext.Provider value={client}>
      <KeysScopeContext.Provider value={scope}>
        <ToastProvider>
          <Shell viewer={viewer}>
            <View viewer={viewer} />
          </Shell>
          {isOver && <SessionOver viewer={viewer} />}
        </ToastProvider>
      </KeysScopeContext.Provider>
    </ClientContext.Provider>
  );
}

/** The page at the current path. */
function View({ viewer }: { viewer: Viewer }) {
  const path = usePath();
  const [arrival] = useState(() => nextPath(location.search, location.origin));
  if (entryOf(path)) return <Redirect to={arrival} />;
  const id = keyIdIn(path);
  if (id !== undefined) return <KeyPage key={id} id={id} />;
  switch (path) {
    case '/':
      return <KeysPage />;
    case '/history':
      return <HistoryPage />;
    case '/activity':
      return <ActivityPage />;
    case '/account':
      return <AccountPage viewer={viewer} />;
    default:
      return <NotFound />;
  }
}

function NotFound() {
  const { common } = useConsoleText();
  return (
    <Page title={common.notFoundTitle}>
      <p>{common.notFound}</p>
    </Page>
  );
}
