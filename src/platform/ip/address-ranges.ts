import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { type Address, parseAddress, parseIPv6 } from './address.js';

/** A parsed address range. */
export type Range = readonly [network: Address, prefixBits: number];

const MAPPED_PREFIX_BITS = 96;

function networkAddress(address: Address, prefixBits: number): Address {
  const bytes = address.toByteArray().map((byte, index) => byte & (0xff << Math.max(0, 8 - Math.max(0, prefixBits - 8 * index))));
  return ipaddr.fromByteArray(bytes);
}

/**
 * Parses an address, or a range in CIDR notation. A range within ::ffff:0:0/96 is returned as its IPv4 range; a zone
 * (`%eth0`) is invalid in both.
 *
 * @returns null for every other text
 */
export function parseRange(text: string): Range | null {
  const [addressText = '', bitsText, ...more] = text.split('/');
  const version = isIP(addressText);
  if (version === 0 || addressText.includes('%') || more.length > 0) return null;
  if (bitsText === undefined) {
    const address = parseAddress(addressText);
    return address && [address, address.kind() === 'ipv4' ? 32 : 128];
  }
  if (!/^(?:0|[1-9]\d{0,2})$/.test(bitsText)) return null;
  const prefixBits = Number(bitsText);
  if (prefixBits > (version === 4 ? 32 : 128)) return null;
  const address = version === 4 ? ipaddr.IPv4.parse(addressText) : parseIPv6(addressText);
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && prefixBits >= MAPPED_PREFIX_BITS) {
    return [address.toIPv4Address(), prefixBits - MAPPED_PREFIX_BITS];
  }
  return [address, prefixBits];
}

/** Returns whether a text is an address, or a range of them in CIDR notation. */
export const isAddressOrRange = (text: string): boolean => parseRange(text) !== null;

/** Returns the canonical spelling of a range, with the bits after its prefix set to zero. An address stays an address. Null for any other text. */
export function canonicalRange(text: string): string | null {
  const range = parseRange(text);
  if (range === null) return null;
  const [address, prefixBits] = range;
  return text.includes('/') ? `${networkAddress(address, prefixBits)}/${prefixBits}` : address.toString();
}

/** Parses ranges. Ignores every text that is not a range. */
export const parseRanges = (texts: readonly string[]): Range[] => texts.map(parseRange).filter((range) => range !== null);

/** Returns whether an address is in any of the ranges. An IPv4 address is never in a range of IPv6, `::/0` included. */
export const matchesRanges = (ranges: readonly Range[], address: Address): boolean =>
  ranges.some(([network, prefixBits]) => network.kind() === address.kind() && address.match(network, prefixBits));

/**
 * Returns whether an address is in any of the ranges, compared as numbers.
 *
 * @param ranges addresses and CIDR ranges; every other text is ignored
 * @param text an address; any other text is in no range
 */
export function isInRanges(ranges: readonly string[], text: string): boolean {
  const address = parseAddress(text);
  return address !== null && matchesRanges(parseRanges(ranges), address);
}

/** Returns whether a range is inside another one, or equal to it. */
const isInside = ([network, prefixBits]: Range, [outer, outerBits]: Range): boolean =>
  network.kind() === outer.kind() && prefixBits >= outerBits && network.match(outer, outerBits);

/** Returns the two halves of a range. None for a single address. */
function halvesOf([network, prefixBits]: Range): Range[] {
  const bytes = network.toByteArray();
  if (prefixBits === 8 * bytes.length) return [];
  const low = networkAddress(network, prefixBits).toByteArray();
  const high = low.map((byte, index) => (index === prefixBits >> 3 ? byte | (0x80 >> (prefixBits & 7)) : byte));
  return [low, high].map((half): Range => [ipaddr.fromByteArray(half), prefixBits + 1]);
}

/** Returns whether every address of a range is in one of the others, which may cover it together. */
export function isCovered(range: Range, others: readonly Range[]): boolean {
  if (others.some((other) => isInside(range, other))) return true;
  const parts = others.filter((other) => isInside(other, range));
  return parts.length > 1 && halvesOf(range).every((half) => isCovered(half, parts));
}

/** Returns ranges with the addresses that are in both lists. Of two ranges, one is inside the other, or they share no address. */
export const intersectionOf = (ranges: readonly Range[], others: readonly Range[]): Range[] =>
  ranges.flatMap((range) => others.flatMap((other) => (isInside(range, other) ? [range] : isInside(other, range) ? [other] : [])));
