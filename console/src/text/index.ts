import { createContext, useContext } from 'react';
import { en, type Messages } from './en';

export type { Messages } from './en';

export const TextContext = createContext<Messages>(en);

/** Returns the texts in the language of the page. */
export const useText = (): Messages => useContext(TextContext);
