import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

const MAPPED_PREFIX_BITS = 96;

/** An IPv4-mapped IPv6 address is the IPv4 address that it stands for (RFC 4291 §2.5.5.2). */
function readRange(text: string): [Address, number] {
  const [address, bits] = text.includes('/') ? ipaddr.parseCIDR(text) : [ipaddr.parse(text), null];
  const whole = address.kind() === 'ipv4' ? 32 : 128;
  const prefixBits = bits ?? whole;
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && prefixBits >= MAPPED_PREFIX_BITS) {
    return [address.toIPv4Address(), prefixBits - MAPPED_PREFIX_BITS];
  }
  return [address, prefixBits];
}

/** Whether a text is one IPv4 or IPv6 address. ipaddr.js alone takes short forms: `10` would be 0.0.0.10. */
export const isAddress = (text: string): boolean => isIP(text) !== 0;

/** Whether a text is an address, or a range of them in CIDR notation; a zone (`%eth0`) belongs to neither. */
export const isAddressOrRange = (text: string): boolean =>
  isAddress(text.split('/', 1)[0] ?? '') && !text.includes('%') && (isAddress(text) || ipaddr.isValidCIDR(text));

/**
 * Addresses are compared as numbers, without their zone; one of IPv4 is never in a range of IPv6, `::/0` included.
 *
 * @param ranges for each of which isAddressOrRange holds
 * @param text what came as an address; what isn't one is in no range
 */
export function isInRanges(ranges: readonly string[], text: string): boolean {
  if (!isAddress(text)) return false;
  // ipaddr.js throws at zones that Node takes.
  const address = ipaddr.process(text.replace(/%.*/, ''));
  return ranges.some((range) => {
    const [network, prefixBits] = readRange(range);
    return network.kind() === address.kind() && address.match(network, prefixBits);
  });
}

const IPV4_MAPPED = /^::ffff:(?=\d+\.)/i;

/** @returns the address without its zone, an IPv4-mapped one as IPv4; null for what isn't one, which a proxy may send */
export const storableAddress = (text: string | null): string | null =>
  text === null || !isAddress(text) ? null : text.replace(IPV4_MAPPED, '').replace(/%.*/, '');
