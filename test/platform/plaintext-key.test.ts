import { describe, expect, test } from '@jest/globals';
import { checksum, keyPrefixOf, makePlaintextKey } from '../../src/platform/plaintext-key.js';

describe('plaintext key', () => {
  test('consists of namespace, 4 bytes in hex, 32 bytes in base64url and the checksum of everything before it', () => {
    const { keyPrefix, plaintextKey } = makePlaintextKey('amos', (bytes) => Buffer.alloc(bytes, 0xab));
    expect(keyPrefix).toBe('amos_abababab');
    expect(plaintextKey).toBe('amos_abababab.q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s1BwxAJ');
  });

  test('fits into the 72 bytes that bcrypt reads, also with the longest namespace', () => {
    expect(Buffer.byteLength(makePlaintextKey('a23456789012').plaintextKey)).toBe(71);
  });

  test('is unique among 1,000 generated keys', () => {
    const generated = new Set(Array.from({ length: 1_000 }, () => makePlaintextKey('amos').plaintextKey));
    expect(generated.size).toBe(1_000);
  });

  test.each([
    ['', '000000'],
    ['123456789', '3jZRME'], // CRC-32's check value, 0xCBF43926
  ])('uses CRC-32 in base62, padded to 6 digits, as the checksum of %j', (text, expected) => {
    expect(checksum(text)).toBe(expected);
  });

  test('K1: is recognised as damaged without a query if one character is changed, removed, added or in another case', () => {
    const { plaintextKey: key, keyPrefix } = makePlaintextKey('amos');
    expect(keyPrefixOf(key)).toBe(keyPrefix);
    for (let at = 0; at < key.length; at += 1) {
      const character = key[at] ?? '';
      const other = character === 'a' ? 'b' : 'a';
      const swapped = character === character.toLowerCase() ? character.toUpperCase() : character.toLowerCase();
      const damaged = [
        key.slice(0, at) + other + key.slice(at + 1),
        key.slice(0, at) + key.slice(at + 1),
        key.slice(0, at) + other + key.slice(at),
        ...(swapped === character ? [] : [key.slice(0, at) + swapped + key.slice(at + 1)]),
      ];
      expect(damaged.map(keyPrefixOf)).toEqual(damaged.map(() => null));
    }
  });

  test('is parsed with any namespace, and without a checksum', () => {
    const { plaintextKey, keyPrefix } = makePlaintextKey('z23456789012');
    expect(keyPrefixOf(plaintextKey)).toBe(keyPrefix);
    expect(keyPrefixOf(plaintextKey.slice(0, -6))).toBe(keyPrefix);
  });

  test.each([' ', '\n', '\0', 'é'])('is not recognised with %j around or inside it', (extra) => {
    const { plaintextKey } = makePlaintextKey('amos');
    const texts = [extra + plaintextKey, plaintextKey + extra, plaintextKey.replace('.', extra), extra, ''];
    expect(texts.map(keyPrefixOf)).toEqual(texts.map(() => null));
  });
});
