import type { Problem } from '../api/problem';
import { LEFT_SILENTLY, Provider } from './provider';
import type { Session } from './session';
import type { ServerInfo } from './use-session';

/** Pages that begin a sign-in themselves. */
const ENTRIES = ['/console/sign-in', '/console/sign-up', '/console/reset', '/console/callback'];

/**
 * Continues the session of the cookie. A user of an identity provider has no cookie of Keyward, so the page asks the provider
 * once whether the user is signed in there. Returns a problem if neither is known yet.
 */
export async function silentSignIn(session: Session, server: ServerInfo): Promise<Problem | undefined> {
  if (server.accounts === 'LOCAL' || server.accounts === 'BOTH') {
    const problem = await session.start();
    if (problem) return problem;
  } else {
    session.startSignedOut();
  }
  const { identityProvider } = server;
  if (session.state().status !== 'out' || !identityProvider || ENTRIES.includes(location.pathname)) return undefined;
  // Where both kinds of accounts exist, most visitors have none at the provider.
  if (server.accounts !== 'EXTERNAL' || sessionStorage.getItem(LEFT_SILENTLY)) {
    sessionStorage.removeItem(LEFT_SILENTLY);
    return undefined;
  }
  sessionStorage.setItem(LEFT_SILENTLY, '1');
  const next = location.pathname.replace(/^\/console/, '') || '/';
  await new Provider(identityProvider).start(next, true).catch(() => undefined);
  return undefined;
}
