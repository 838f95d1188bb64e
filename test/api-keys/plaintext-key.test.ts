import { describe, expect, test } from '@jest/globals';
import { checksum, makePlaintextKey } from '../../src/api-keys/plaintext-key.js';

describe('plaintext key', () => {
  test('is made of namespace, 4 bytes in hex, 32 bytes in base64url and the checksum of all before it', () => {
    const { keyPrefix, plaintextKey } = makePlaintextKey('amos', (bytes) => Buffer.alloc(bytes, 0xab));
    expect(keyPrefix).toBe('amos_abababab');
    expect(plaintextKey).toBe('amos_abababab.q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s1BwxAJ');
  });

  test('fits into the 72 bytes that bcrypt reads, the longest namespace included', () => {
    expect(Buffer.byteLength(makePlaintextKey('a23456789012').plaintextKey)).toBe(71);
  });

  test('is never the same twice', () => {
    const made = new Set(Array.from({ length: 1_000 }, () => makePlaintextKey('amos').plaintextKey));
    expect(made.size).toBe(1_000);
  });

  test.each([
    ['', '000000'],
    ['123456789', '3jZRME'], // CRC-32's check value, 0xCBF43926
  ])('the checksum of %j is CRC-32 in base62, padded to 6 digits', (text, expected) => {
    expect(checksum(text)).toBe(expected);
  });
});
