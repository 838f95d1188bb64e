import { createContext } from 'preact';
import { useProvided } from '../ui/use-provided';
import type { ExampleRequest } from './snippets';

/** Where the views of keys are shown, and what the viewer may do there. What is not permitted is not shown. */
export interface KeysScope {
  productName: string;
  example: ExampleRequest | null;
  /** Returns a text to copy in which {key} stands for the new key; undefined if the page has none. */
  snippet?: (keyPrefix: string) => string | undefined;
  mayRead: boolean;
  mayCreate: boolean;
  mayUpdate: boolean;
  mayRotate: boolean;
  mayRevoke: boolean;
  mayAudit: boolean;
  showsUsage: boolean;
  onEvent: (type: 'created' | 'rotated' | 'revoked', key: { id: string; keyPrefix: string; name?: string | null }) => void;
}

export const KeysScopeContext = createContext<KeysScope | null>(null);

export const useKeysScope = (): KeysScope => useProvided(KeysScopeContext);
