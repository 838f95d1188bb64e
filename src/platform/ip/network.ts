import ipaddr from 'ipaddr.js';
import { parseAddress } from './address.js';

/**
 * The network that an address is counted under: an IPv4 address by itself, an IPv6 address by its /64, which is what one
 * subscriber gets (RFC 6177); an IPv4-mapped IPv6 address as the IPv4 address it is.
 *
 * @returns for instance `192.0.2.7` or `2001:db8:1:2::/64`; every text that is no address is one network, the empty one
 */
export function networkOf(address: string): string {
  const parsed = parseAddress(address);
  if (parsed === null) return '';
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  const network = new ipaddr.IPv6([...parsed.parts.slice(0, 4), 0, 0, 0, 0]);
  return `${network.toString()}/64`;
}
