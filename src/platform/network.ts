import ipaddr from 'ipaddr.js';

/**
 * The network that an address is counted under: an IPv4 address by itself, an IPv6 address by its /64, which is what one
 * subscriber gets (RFC 6177); an IPv4-mapped IPv6 address as the IPv4 address it is.
 *
 * @returns for instance `192.0.2.7` or `2001:db8:1:2::/64`; what isn't an address is returned as it is
 */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  const network = new ipaddr.IPv6([...parsed.parts.slice(0, 4), 0, 0, 0, 0]);
  return `${network.toString()}/64`;
}
