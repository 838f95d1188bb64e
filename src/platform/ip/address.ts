import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Returns an IPv4-mapped address (RFC 4291 §2.5.5.2) as IPv4, and every other address unchanged. */
const unmapped = (address: ipaddr.IPv6): Address => (address.isIPv4MappedAddress() ? address.toIPv4Address() : address);

/** Rewrites the dotted tail of `::192.0.2.1` in hexadecimal: ipaddr.js reads `::a.b.c.d` as an IPv4-mapped address. */
function withHexTail(text: string): string {
  const [dotted] = /\d+\.\d+\.\d+\.\d+$/.exec(text) ?? [];
  if (dotted === undefined) return text;
  const [a = 0, b = 0, c = 0, d = 0] = dotted.split('.').map(Number);
  return `${text.slice(0, -dotted.length)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

/** Parses an IPv6 address and keeps the IPv4-mapped form, which a range needs. The text must be valid and without a zone. */
export const parseIPv6 = (text: string): ipaddr.IPv6 => ipaddr.IPv6.parse(withHexTail(text));

/** Removes the zone (RFC 4007 §6) of a link-local address, which is the kind that a socket reports. Null for any other zone. */
function withoutZone(text: string): string | null {
  const zoneAt = text.indexOf('%');
  if (zoneAt === -1) return text;
  const address = text.slice(0, zoneAt);
  return isIP(address) === 6 && parseIPv6(address).range() === 'linkLocal' && zoneAt < text.length - 1 ? address : null;
}

/**
 * Parses an IP address strictly: four decimal numbers without leading zeros, or IPv6 as in RFC 4291 §2.2. An IPv4-mapped
 * address is returned as IPv4, and a link-local one without its zone.
 *
 * @returns null for every other text: octal, hexadecimal and short forms of IPv4, brackets, ports, spaces
 */
export function parseAddress(text: string): Address | null {
  // ipaddr.js accepts short forms: it reads `10` as 0.0.0.10.
  const version = isIP(text);
  if (version === 0) return null;
  if (version === 4) return ipaddr.IPv4.parse(text);
  const address = withoutZone(text);
  return address === null ? null : unmapped(parseIPv6(address));
}

export const isAddress = (text: string): boolean => isIP(text) === 4 || parseAddress(text) !== null;

/** Returns the canonical spelling of an address (RFC 5952, IPv4-mapped as IPv4). Null for any other text. */
export function canonicalAddress(text: string | null): string | null {
  if (text === null) return null;
  // Node's isIP accepts only the canonical spelling of IPv4.
  return isIP(text) === 4 ? text : (parseAddress(text)?.toString() ?? null);
}

/** `192.0.2.1:4711`, `[2001:db8::1]` and `[2001:db8::1]:4711`, as some load balancers write them into X-Forwarded-For. */
const WITH_PORT = /^(?:(\d+\.\d+\.\d+\.\d+):\d{1,5}|\[([^[\]]*)\](?::\d{1,5})?)$/;

/** Parses one entry of X-Forwarded-For; brackets and port are dropped. Returns null for any other text. */
export function parseForwardedAddress(entry: string): Address | null {
  const text = entry.trim();
  const [, v4, v6] = WITH_PORT.exec(text) ?? [];
  if (v6 !== undefined) return isIP(v6) === 6 ? parseAddress(v6) : null;
  return parseAddress(v4 ?? text);
}
