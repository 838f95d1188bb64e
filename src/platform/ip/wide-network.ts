import ipaddr from 'ipaddr.js';
import { networkOf } from './network.js';

const IPV4_OCTET_BITS = 8;
const IPV6_PART_BITS = 16;

/**
 * Returns a network that holds the address, as text: `192.0.2.0/24`, `2001:db8:7::/48`. For a text that is not an
 * address, an empty string. An IPv4-mapped IPv6 address belongs to the network of its IPv4 address.
 *
 * @param bits whole octets of IPv4 and whole 16-bit parts of IPv6
 */
export function wideNetworkOf(address: string, bits: { ipv4: number; ipv6: number }): string {
  const [network = ''] = networkOf(address).split('/');
  if (!ipaddr.isValid(network)) return network;
  const parsed = ipaddr.parse(network);
  if (parsed instanceof ipaddr.IPv4) {
    return `${new ipaddr.IPv4(keepFirst(parsed.octets, bits.ipv4 / IPV4_OCTET_BITS))}/${bits.ipv4}`;
  }
  return `${new ipaddr.IPv6(keepFirst(parsed.parts, bits.ipv6 / IPV6_PART_BITS))}/${bits.ipv6}`;
}

const keepFirst = (parts: readonly number[], count: number): number[] => parts.map((part, index) => (index < count ? part : 0));
