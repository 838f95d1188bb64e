import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { ApiClient } from './client';

export const ClientContext = createContext<ApiClient | null>(null);

/** Returns the client of the signed-in user. */
export function useClient(): ApiClient {
  const client = useContext(ClientContext);
  if (!client) throw new Error('ClientContext has no provider.');
  return client;
}
