import ipaddr from 'ipaddr.js';
import { parseAddress } from './address.js';

/**
 * Returns the network that the requests of an address are counted for. An IPv4 address is its own network. An IPv6 address
 * belongs to its /64, the smallest block of one subscriber (RFC 6177). An IPv4-mapped IPv6 address counts as IPv4.
 *
 * @returns `192.0.2.7` or `2001:db8:1:2::/64`, for instance; an empty string for a text that is not an address
 */
export function networkOf(address: string): string {
  const parsed = parseAddress(address);
  if (parsed === null) return '';
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  const network = new ipaddr.IPv6([...parsed.parts.slice(0, 4), 0, 0, 0, 0]);
  return `${network.toString()}/64`;
}
