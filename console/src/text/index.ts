import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Messages } from './en';
import { enKeys, type KeyMessages } from './en-keys';

export type { Messages } from './en';
export type { KeyMessages } from './en-keys';

/** The texts of the views of keys. The console provides all of its texts here. */
export const TextContext = createContext<KeyMessages>(enKeys);

/** Returns the texts that the console and the element share. */
export const useText = (): KeyMessages => useContext(TextContext);

/** Returns the texts of the console. */
export const useConsoleText = (): Messages => useContext(TextContext) as Messages;
