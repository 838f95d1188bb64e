import type { Context } from 'preact';
import { useContext } from 'preact/hooks';

/** Returns the value of a context that always has a provider. */
export function useProvided<Value>(context: Context<Value | null>): Value {
  const value = useContext(context);
  if (value === null) throw new Error('A context has no provider.');
  return value;
}
