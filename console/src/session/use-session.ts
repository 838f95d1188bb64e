import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { ServerQuery } from '../gql/graphql';
import { useStore } from '../ui/use-store';
import type { Session, SessionState } from './session';

export type ServerInfo = ServerQuery['server'];

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('SessionContext has no provider.');
  return session;
}

export function useSessionState(): SessionState {
  const session = useSession();
  return useStore(session.subscribe, session.state);
}

export const ServerContext = createContext<ServerInfo | null>(null);

/** Returns what the server reports about itself. */
export function useServer(): ServerInfo {
  const server = useContext(ServerContext);
  if (!server) throw new Error('ServerContext has no provider.');
  return server;
}
