import { parseRange } from './address-ranges.js';

/** Wide enough for 10.0.0.0/8 and fc00::/7, the largest private networks. */
const PREFIX_BITS_MIN = { ipv4: 8, ipv6: 7 };

/**
 * Returns what is wrong with a range of trusted proxies, or null. Whoever is a trusted proxy chooses the address that limits
 * and allowed CIDRs see, so a range of half of the internet trusts its clients as much as 0.0.0.0/0 does.
 *
 * @param text an IP address or a CIDR range
 */
export function trustedProxyFault(text: string): string | null {
  const range = parseRange(text);
  if (range === null) return 'must be an IP address or a CIDR range';
  const [address, prefixBits] = range;
  // A range such as ::/96 holds no IPv4 address, and one wider than ::ffff:0:0/96 is wider than /7 or holds few addresses.
  const min = PREFIX_BITS_MIN[address.kind()];
  return prefixBits >= min ? null : `is wider than /${min}, so it would trust addresses of clients`;
}
