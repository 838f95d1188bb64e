import { useMemo } from 'preact/hooks';
import { Provider } from './provider';
import { useServer } from './use-session';

/** Returns the identity provider of the console; null if it has no provider. */
export function useProvider(): Provider | null {
  const { identityProvider } = useServer();
  return useMemo(() => identityProvider && new Provider(identityProvider), [identityProvider]) ?? null;
}
