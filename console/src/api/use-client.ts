import { createContext } from 'preact';
import { useProvided } from '../ui/use-provided';
import type { ApiClient } from './client';

export const ClientContext = createContext<ApiClient | null>(null);

/** Returns the client of the signed-in user. */
export const useClient = (): ApiClient => useProvided(ClientContext);
