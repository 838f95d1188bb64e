import { parseRange } from './address-ranges.js';

/** Wide enough for 10.0.0.0/8 and fc00::/7, the largest private networks. */
const PREFIX_BITS_MIN = { ipv4: 8, ipv6: 7 };

/**
 * Returns what is wrong with a range of trusted proxies, or null. A trusted proxy chooses the caller address that limits and
 * allowed CIDRs use. A range that contains clients therefore lets these clients choose their address.
 *
 * @param text an IP address or a CIDR range
 */
export function trustedProxyFault(text: string): string | null {
  const range = parseRange(text);
  if (range === null) return 'must be an IP address or a CIDR range';
  const [address, prefixBits] = range;
  // IPv4-mapped ranges need no case of their own: parseRange returns them as IPv4, and no other IPv6 range contains IPv4.
  const min = PREFIX_BITS_MIN[address.kind()];
  return prefixBits >= min ? null : `is wider than /${min}, so it would trust addresses of clients`;
}
