import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** The part of a request that the guards read. */
export type RequestHead = Pick<IncomingMessage, 'rawHeaders'> & { headers: IncomingHttpHeaders };

/** A request without a key, or with several: the key that Keyward checks must be the only one. */
export type KeyFault = 'none' | 'ambiguous';

const isSentTwice = ({ rawHeaders }: RequestHead, name: string): boolean =>
  rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === name).length > 1;

/**
 * Returns the key of `Authorization: Bearer` or `X-API-Key`, by the rules of Keyward's `/verify`: a header that was sent twice, or
 * two different keys, are an error, because two programs could read another one.
 */
export function presentedKeyOf(request: RequestHead): { key: string } | { fault: KeyFault } {
  const { authorization = '', 'x-api-key': apiKeys } = request.headers;
  // Node joins repeated headers by a comma, which no key contains.
  const apiKey = String(apiKeys ?? '').trim();
  if (apiKey.includes(',') || isSentTwice(request, 'authorization')) return { fault: 'ambiguous' };
  const bearer = /^bearer +(\S+)$/i.exec(authorization)?.[1] ?? '';
  if (bearer !== '' && apiKey !== '' && bearer !== apiKey) return { fault: 'ambiguous' };
  const key = bearer || apiKey;
  return key === '' ? { fault: 'none' } : { key };
}
