import { createContext } from 'preact';
import type { ServerQuery } from '../gql/graphql';
import { useProvided } from '../ui/use-provided';
import { useStore } from '../ui/use-store';
import type { Session, SessionState } from './session';

export type ServerInfo = ServerQuery['server'];

export const SessionContext = createContext<Session | null>(null);

export const useSession = (): Session => useProvided(SessionContext);

export function useSessionState(): SessionState {
  const session = useSession();
  return useStore(session.subscribe, session.state);
}

export const ServerContext = createContext<ServerInfo | null>(null);

/** Returns what the server reports about itself. */
export const useServer = (): ServerInfo => useProvided(ServerContext);
