import { BlockList, isIP } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalAddress, parseAddress, parseForwardedAddress } from '../../../src/platform/ip/address.js';
import { canonicalRange, isAddressOrRange, isInRanges } from '../../../src/platform/ip/address-ranges.js';
import { networkOf } from '../../../src/platform/ip/network.js';

/** Returns the numeric value of an address. */
interface Reference {
  version: 4 | 6;
  value: bigint;
}

const MAPPED = 0xffffn << 32n;

const dotted = (value: bigint): string => [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.');

const group = (value: bigint, index: number): bigint => (value >> BigInt(16 * (7 - index))) & 0xffffn;

/** Returns every spelling of a number as an IPv6 address, by RFC 4291 §2.2. */
const spellingOf = (value: bigint) =>
  fc
    .record({
      isDotted: fc.boolean(),
      widths: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 8, maxLength: 8 }),
      isUpper: fc.boolean(),
      zeros: fc.option(fc.tuple(fc.nat(7), fc.integer({ min: 1, max: 8 }))),
    })
    .map(({ isDotted, widths, isUpper, zeros }) => {
      const hexGroups = isDotted ? 6 : 8;
      const groups = Array.from({ length: hexGroups }, (_, index) =>
        group(value, index)
          .toString(16)
          .padStart(widths[index] ?? 1, '0'),
      );
      if (isDotted) groups.push(dotted(value & 0xffffffffn));
      const [start, length] = zeros ?? [0, 0];
      const canCompress =
        length > 0 && start + length <= hexGroups && groups.slice(start, start + length).every((text) => /^0+$/.test(text));
      const text = canCompress ? `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}` : groups.join(':');
      return isUpper ? text.toUpperCase() : text;
    });

const uint = (bits: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });

/** Addresses with zeros in many places, as real addresses have them, and the blocks that embed an IPv4 address. */
const ipv6Value = fc.oneof(
  uint(128),
  uint(32),
  uint(32).map((value) => MAPPED | value),
  uint(32).map((value) => (0x64ff9bn << 96n) | value),
  fc
    .array(fc.oneof(fc.constant(0n), uint(16)), { minLength: 8, maxLength: 8 })
    .map((groups) => groups.reduce((all, one) => (all << 16n) | one, 0n)),
);

const normal = (value: bigint): Reference =>
  value >> 32n === 0xffffn ? { version: 4, value: value & 0xffffffffn } : { version: 6, value };

const spelled = fc.oneof(
  uint(32).map((value) => ({ text: dotted(value), reference: { version: 4, value } as Reference })),
  ipv6Value.chain((value) => spellingOf(value).map((text) => ({ text, reference: normal(value) }))),
);

function numberOf(text: string): Reference | null {
  const bytes = parseAddress(text)?.toByteArray();
  return bytes ? { version: bytes.length === 4 ? 4 : 6, value: bytes.reduce((all, byte) => (all << 8n) | BigInt(byte), 0n) } : null;
}

const RUNS = { numRuns: 1_000 };

describe('K11: the address parser', () => {
  test('reads every spelling of an address as the same number', () => {
    fc.assert(
      fc.property(spelled, ({ text, reference }) => {
        expect(numberOf(text)).toEqual(reference);
      }),
      RUNS,
    );
  });

  test('writes every spelling of an address in the same way', () => {
    fc.assert(
      fc.property(
        ipv6Value.chain((value) => fc.tuple(spellingOf(value), spellingOf(value))),
        ([one, other]) => {
          const canonical = canonicalAddress(one);
          expect(canonicalAddress(other)).toBe(canonical);
          expect(canonicalAddress(canonical)).toBe(canonical);
          expect(networkOf(one)).toBe(networkOf(other));
        },
      ),
      RUNS,
    );
  });

  test('accepts a text without a zone exactly when Node accepts it', () => {
    const noise = fc.string({ unit: fc.constantFrom(...'0123456789abcdfx.:/[] %-'), maxLength: 20 });
    const damaged = fc
      .tuple(spelled, fc.nat(40), noise)
      .map(([{ text }, at, extra]) => text.slice(0, at) + extra.slice(0, 2) + text.slice(at));
    fc.assert(
      fc.property(fc.oneof(noise, damaged), (text) => {
        fc.pre(!text.includes('%'));
        expect(parseAddress(text) !== null).toBe(isIP(text) !== 0);
      }),
      RUNS,
    );
  });

  test('compares a range numerically, as Node’s BlockList does', () => {
    const near = fc.record({
      address: spelled,
      bits: fc.nat(128),
      flip: fc.nat(127),
      network: ipv6Value.chain(spellingOf),
      isOwn: fc.boolean(),
    });
    fc.assert(
      fc.property(near, ({ address: { text, reference }, bits, flip, network, isOwn }) => {
        const width = reference.version === 4 ? 32 : 128;
        const prefixBits = bits % (width + 1);
        const flipped = reference.value ^ (1n << BigInt(flip % width));
        const neighbour =
          reference.version === 4
            ? dotted(flipped)
            : flipped
                .toString(16)
                .padStart(32, '0')
                .replace(/(....)(?!$)/g, '$1:');
        const range = `${isOwn ? neighbour : reference.version === 4 ? dotted(reference.value) : network}/${prefixBits}`;
        const base = numberOf(range.split('/')[0] ?? '');
        fc.pre(base?.version === reference.version);
        const shift = BigInt(width - prefixBits);
        const expected = (base?.value ?? 0n) >> shift === reference.value >> shift;
        expect(isInRanges([range], text)).toBe(expected);
        expect(isInRanges([canonicalRange(range) ?? ''], text)).toBe(expected);
        const family = reference.version === 4 ? 'ipv4' : 'ipv6';
        const list = new BlockList();
        list.addSubnet(range.split('/')[0] ?? '', prefixBits, family);
        expect(list.check(canonicalAddress(text) ?? '', family)).toBe(expected);
      }),
      RUNS,
    );
  });

  test.each([
    ['::203.0.113.77', '::cb00:714d'],
    ['::ffff:203.0.113.77', '203.0.113.77'],
    ['::ffff:cb00:714d', '203.0.113.77'],
    ['0:0:0:0:0:FFFF:CB00:714D', '203.0.113.77'],
    ['64:ff9b::203.0.113.77', '64:ff9b::cb00:714d'],
    ['::ffff:0:203.0.113.77', '::ffff:0:cb00:714d'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::0.0.0.1', '::1'],
    ['fe80::1%eth0', 'fe80::1'],
  ])('%s is stored as %s', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical);
  });

  test.each([
    ...['', ' ', '10', '0x7f.1', '127.1', '0177.0.0.1', '127.0.0.01', '256.0.0.1', '1.2.3', '1.2.3.4.5', '127.0.0.1 ', '１２７.0.0.1'],
    ...['127.0.0.1:80', '[::1]', '[::1]:80', '::1/128', ':::', '1:2:3:4:5:6:7', '1::2::3', '12345::', '::1.2.3', '::1.2.3.4.5'],
    ...['::203.0.113.77%eth0', '2001:db8::1%1', '::ffff:203.0.113.77%eth0', '203.0.113.77%eth0', 'fe80::1%', '%eth0', 'unknown', '_hidden'],
  ])('rejects %j as an address', (text) => {
    expect([parseAddress(text), canonicalAddress(text), networkOf(text), isInRanges(['0.0.0.0/0', '::/0'], text)]).toEqual([
      null,
      null,
      '',
      false,
    ]);
  });

  test.each([
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['10.1.2.3', '10.1.2.3'],
    ['10.1.2.3/32', '10.1.2.3/32'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
    ['::FFFF:0A01:0203', '10.1.2.3'],
    ['::0.0.0.0/96', '::/96'],
    ['2001:DB8:0:1::5/64', '2001:db8:0:1::/64'],
    ['::/0', '::/0'],
    ['192.0.2.255/25', '192.0.2.128/25'],
  ])('the range %s is stored as %s', (text, canonical) => {
    expect([isAddressOrRange(text), canonicalRange(text)]).toEqual([true, canonical]);
  });

  test.each([
    '10.0.0.0/08',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/ 8',
    '10.0.0.0/8/8',
    '10.0.0.0/255.0.0.0',
    '::/129',
    'fe80::%1/64',
    '/8',
    '10/8',
  ])('rejects %j as a range, which then contains no address', (text) => {
    expect([isAddressOrRange(text), canonicalRange(text), isInRanges([text], '10.0.0.0')]).toEqual([false, null, false]);
  });

  test('an IPv4-compatible address is in no IPv4 range, and a range of such addresses contains no IPv4 address', () => {
    expect(isInRanges(['203.0.113.0/24'], '::203.0.113.77')).toBe(false);
    expect(isInRanges(['::0.0.0.0/96'], '203.0.113.77')).toBe(false);
    expect(isInRanges(['::/96'], '::203.0.113.77')).toBe(true);
    expect(isInRanges(['::1'], '::0.0.0.1')).toBe(true);
  });
});

test.each([
  ['203.0.113.8', '203.0.113.8'],
  [' 203.0.113.8\t', '203.0.113.8'],
  ['203.0.113.8:40000', '203.0.113.8'],
  ['[2001:db8::8]', '2001:db8::8'],
  ['[2001:DB8::8]:443', '2001:db8::8'],
  ['[::ffff:203.0.113.8]:443', '203.0.113.8'],
  ['2001:db8::8', '2001:db8::8'],
  ...[
    '[203.0.113.8]',
    '203.0.113.8:',
    '203.0.113.8:http',
    '[2001:db8::8',
    '[::1]:',
    '[::1]:123456',
    '"[::1]"',
    'unknown',
    '',
    'ada@example.com',
  ].map((text) => [text, null] as const),
])('K11: %j in X-Forwarded-For is %s', (entry, address) => {
  expect(parseForwardedAddress(entry)?.toString() ?? null).toBe(address);
});
