import { canonicalAddress } from '../../platform/ip/address.js';
import { isVisibleAscii } from '../../platform/text.js';
import { externalIdFault } from '../external-id.js';

/** What a service says about the person that it acts for. */
export interface ActingHeaders {
  /** External id of the user that the service acts for. Null if it acts for no user. */
  onBehalfOf: string | null;
  /** Who at the product asked for it. Null if the service did not say. */
  actor: string | null;
  /** Address of the person's client in canonical form. Null if the service did not say. It is recorded only, and never limits anything. */
  clientAddress: string | null;
}

/** Returns the decoded text of a header; null if it is empty, not percent-encoded UTF-8, too long or has control characters. */
function decoded(value: string): string | null {
  if (!isVisibleAscii(value)) return null;
  try {
    const text = decodeURIComponent(value);
    return externalIdFault(text) === null ? text : null;
  } catch {
    return null;
  }
}

const HEADERS = {
  onBehalfOf: { name: 'X-Keyward-On-Behalf-Of', read: decoded, form: 'the percent-encoded external ID of a user, 1 to 255 characters' },
  actor: { name: 'X-Keyward-Actor', read: decoded, form: 'a percent-encoded text of 1 to 255 characters' },
  clientAddress: { name: 'X-Keyward-Client-Address', read: canonicalAddress, form: 'an IP address' },
} as const;

/**
 * Reads the headers with which a service acts for a user.
 *
 * @param rawHeaders names and values in turn, because Node joins a header that was sent twice
 * @returns the headers, or a sentence that says which of them is wrong. It never repeats a value
 */
export function readActingHeaders(rawHeaders: readonly string[]): ActingHeaders | { fault: string } {
  const found: ActingHeaders = { onBehalfOf: null, actor: null, clientAddress: null };
  for (const [field, { name, read, form }] of Object.entries(HEADERS)) {
    const values = rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name.toLowerCase());
    const [value] = values;
    if (value === undefined) continue;
    const text = values.length === 1 ? read(value) : null;
    if (text === null) return { fault: `${name} must be sent once, as ${form}.` };
    found[field as keyof ActingHeaders] = text;
  }
  return found;
}
