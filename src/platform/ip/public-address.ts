import ipaddr from 'ipaddr.js';
import { parseAddress, parseIPv6 } from './address.js';
import type { Range } from './address-ranges.js';

/** RFC 4291 §2.4 and the IANA registry: global unicast addresses are in 2000::/3. Every other form can embed a private address. */
const GLOBAL_UNICAST: Range = [parseIPv6('2000::'), 3];

/**
 * Returns whether an address belongs to the public internet: not to a private, local or reserved network, and to no form of IPv6 that embeds
 * another address (NAT64, 6to4, Teredo, IPv4-compatible). An IPv4-mapped address counts as IPv4. A text that is not an address is not
 * public.
 */
export function isPublicAddress(text: string): boolean {
  const address = parseAddress(text);
  if (address === null || address.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv4 || address.match(...(GLOBAL_UNICAST as [ipaddr.IPv6, number]));
}
