import { shortTextFault } from '../platform/text.js';

const CHARACTERS_MAX = 255;

/** Returns the rule that an external id breaks, or another id of the product, such as that of an actor; null if it is valid. */
export const externalIdFault = (text: string): string | null => shortTextFault(text, CHARACTERS_MAX);
