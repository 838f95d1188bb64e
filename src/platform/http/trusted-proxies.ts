import ipaddr from 'ipaddr.js';

/** Wide enough for 10.0.0.0/8 and fc00::/7, the largest private networks. */
const PREFIX_BITS_MIN = { ipv4: 8, ipv6: 7 };

const MAPPED_PREFIX_BITS = 96;

/**
 * Returns what is wrong with a range of trusted proxies, or null. Whoever is a trusted proxy chooses the address that limits
 * and allowed CIDRs see, so a range of half of the internet trusts its clients as much as 0.0.0.0/0 does.
 *
 * @param text an IP address or a CIDR range
 */
export function trustedProxyFault(text: string): string | null {
  if (!text.includes('/')) return null;
  const [address, prefixBits] = ipaddr.parseCIDR(text);
  const isMapped = address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress();
  const kind = isMapped ? 'ipv4' : address.kind();
  const bits = isMapped ? prefixBits - MAPPED_PREFIX_BITS : prefixBits;
  if (bits >= PREFIX_BITS_MIN[kind]) return null;
  return `is wider than /${PREFIX_BITS_MIN[kind] + (isMapped ? MAPPED_PREFIX_BITS : 0)}: it would trust addresses that clients have`;
}
