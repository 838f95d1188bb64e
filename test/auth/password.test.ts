import { describe, expect, jest, test } from '@jest/globals';
import bcrypt from 'bcrypt';
import { Passwords } from '../../src/auth/password.js';
import { HashQueue } from '../../src/platform/hash-queue.js';

const passwords = new Passwords({ hashes: new HashQueue(), cost: 4 });
const EMAIL = 'ada.lovelace@example.com';

describe('A9: what a password may be', () => {
  test.each([
    ['15 characters', 'abcdefghijklmno'],
    ['spaces', 'correct horse battery staple'],
    ['15 emoji', '🐴🔋📎✅🦄🌈🍀🎲🎯🧩🪁🛶🏔🌋🧭'],
    ['any script', 'пароль длинный и хороший'],
    ['72 bytes', 'The quick brown fox jumps over the lazy dog, and then takes a long nap..'],
  ])('accepts %s', (_case, password) => {
    expect(passwords.fault(password, EMAIL)).toBeNull();
  });

  test.each([
    ['14 characters', 'abcdefghijklmn', /at least 15 characters/],
    ['14 emoji, which are 56 bytes', '🐴🔋📎✅🦄🌈🍀🎲🎯🧩🪁🛶🏔🌋', /at least 15 characters/],
    ['73 bytes', 'The quick brown fox jumps over the lazy dog, and then takes a long nap...', /at most 72 bytes/],
    ['25 characters of 3 bytes', '鍵'.repeat(12) + '錠'.repeat(13), /at most 72 bytes/],
    ['the user’s email', EMAIL, /email/],
    ['the user’s email in another case with something added', 'ADA.Lovelace@example.com!', /email/],
    ['one character', 'aaaaaaaaaaaaaaaa', /repeated/],
    ['one word over and over', 'PasswordPassword', /repeated|common/],
    ['one word over and over, with spaces', 'secret secret secret', /repeated/],
    ['one word over and over, cut short', 'abcdeabcdeabcdeab', /repeated/],
    ['a common password', '123456789012345', /common/],
    ['a common password in another case', 'QwertyUiopAsdfg', /common/],
    ['a NUL, where bcrypt would stop', 'abcdefgh\u0000ijklmnop', /control/],
    ['half a surrogate pair', 'abcdefghijklmnop\ud800', /Unicode/],
  ])('refuses %s', (_case, password, fault) => {
    expect(passwords.fault(password, EMAIL)).toMatch(fault);
  });
});

describe('matching a password', () => {
  test('composed and decomposed letters are the same password', async () => {
    const hash = await passwords.hash('caf\u00e9 con leche y pan');
    expect(await passwords.matches('cafe\u0301 con leche y pan', hash)).toBe(true);
  });

  test('never by the first 72 bytes alone, and never by what is before a NUL', async () => {
    const longest = 'x1'.repeat(36);
    expect(await passwords.matches(`${longest}y`, await bcrypt.hash(longest, 4))).toBe(false);
    expect(await passwords.matches('before\u0000after', await bcrypt.hash('before', 4))).toBe(false);
    expect(await passwords.matches('', await bcrypt.hash('', 4))).toBe(true);
  });

  test('nobody has a password, and to find that out takes a real comparison', async () => {
    const compare = jest.spyOn(bcrypt, 'compare');
    expect(await passwords.matches('any password at all', null)).toBe(false);
    const [, hash] = compare.mock.calls[0] ?? [];
    compare.mockRestore();
    expect(bcrypt.getRounds(String(hash))).toBe(4);
    expect(String(hash)).toHaveLength(60);
  });
});
