import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export const CIDRS_MAX = 50;

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
export const isIpAddress = (text: string): boolean => isIP(text) !== 0;

/** @returns what keeps a text from being a range of addresses, or null when nothing does */
export function cidrFault(text: string): string | null {
  const isRange = isIpAddress(text.split('/', 1)[0] ?? '') && !text.includes('%') && (isIpAddress(text) || ipaddr.isValidCIDR(text));
  return isRange ? null : 'must be an IP address or a CIDR range';
}

/**
 * Addresses are compared as numbers; one of IPv4 is never in a range of IPv6, `::/0` included.
 *
 * @param ranges each without a cidrFault
 * @param text what came as an address; what isn't one is in no range
 */
export function isInRanges(ranges: readonly string[], text: string): boolean {
  if (!isIpAddress(text)) return false;
  const address = ipaddr.process(text);
  return ranges.some((range) => {
    const [network, prefixBits] = readRange(range);
    return network.kind() === address.kind() && address.match(network, prefixBits);
  });
}
