import { createContext } from 'preact';
import { useProvided } from '../ui/use-provided';
import type { Messages } from './en';
import type { KeyMessages } from './en-keys';

export type { Messages } from './en';
export type { KeyMessages } from './en-keys';

/** The texts of the views of keys. The console provides all of its texts here. */
export const TextContext = createContext<KeyMessages | null>(null);

/** Returns the texts that the console and the element share. */
export const useText = (): KeyMessages => useProvided(TextContext);

/** Returns the texts of the console. */
export const useConsoleText = (): Messages => useText() as Messages;
