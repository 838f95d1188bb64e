import { describe, expect, jest, test } from '@jest/globals';
import bcrypt from 'bcrypt';
import { Passwords } from '../../../src/auth/accounts/password.js';
import { PasswordRules } from '../../../src/auth/accounts/password-rules.js';
import { HashQueue } from '../../../src/platform/queues/hash-queue.js';

const TURN = { network: '192.0.2.0/24' };
const rules = new PasswordRules();

/** @param highestCost the highest cost of a stored hash */
const newPasswords = (cost: number, highestCost: number | null = null) =>
  new Passwords({ hashes: new HashQueue(), cost, findHighestCost: async () => highestCost });
const passwords = newPasswords(4);
const EMAIL = 'ada.lovelace@example.com';

describe('A9: PasswordRules', () => {
  test.each([
    ['15 characters', 'blue tin kettle'],
    ['a passphrase', 'correct horse battery staple rivers'],
    ['random letters and digits', 'x7Gk2pQ9vLm4RtZ'],
    ['random hexadecimal digits', 'c1b7ae2d840563f9'],
    ['a script without spaces', '正しい馬電池ホッチキス川の流れ'],
    ['a script from right to left', 'حصان صحيح بطارية دبوس'],
    ['a common word among others', 'another good long password'],
    ['spaces', 'correct horse battery staple'],
    ['15 emoji', '🐴🔋📎✅🦄🌈🍀🎲🎯🧩🪁🛶🏔🌋🧭'],
    ['any script', 'пароль длинный и хороший'],
    ['72 bytes', 'The quick brown fox jumps over the lazy dog, and then takes a long nap..'],
  ])('accepts %s', (_case, password) => {
    expect(rules.fault(password, EMAIL)).toBeNull();
  });

  test.each([
    ['14 characters', 'abcdefghijklmn', /at least 15 characters/],
    ['14 emoji of 56 bytes', '🐴🔋📎✅🦄🌈🍀🎲🎯🧩🪁🛶🏔🌋', /at least 15 characters/],
    ['73 bytes', 'The quick brown fox jumps over the lazy dog, and then takes a long nap...', /at most 72 bytes/],
    ['25 characters of 3 bytes', '鍵'.repeat(12) + '錠'.repeat(13), /at most 72 bytes/],
    ['the user’s email', EMAIL, /email/],
    ['the user’s email in another case with a suffix', 'ADA.Lovelace@example.com!', /email/],
    ['the words of the user’s email', 'ada.lovelace2024!', /email/],
    ['the product’s name', 'my keyward and a lazy river', /product/],
    ['the product’s name with symbols for letters', 'K3yw@rd for ever and a day', /product/],
    ['one character', 'aaaaaaaaaaaaaaaa', /repeated/],
    ['one word repeated', 'PasswordPassword', /repeated|common/],
    ['one word repeated, with spaces', 'secret secret secret', /repeated/],
    ['one word repeated, with an incomplete end', 'abcdeabcdeabcdeab', /repeated/],
    ['a common password', '123456789012345', /common/],
    ['a common password in another case', 'QwertyUiopAsdfg', /common/],
    ['a common password with digits at the end', 'Password1234567', /common/],
    ['a common password with symbols for letters', 'P@ssw0rd1234567', /common/],
    ['a common password twice, and digits', 'letmeinletmein123', /common/],
    ['a common password backwards', 'drowssap1234567', /common/],
    ['a common password and a date', 'sunshine20231224', /common/],
    ['a common password in full-width letters', 'ｐａｓｓｗｏｒｄ１２３４５６７', /common/],
    ['a common password with accents', 'pàsswörd1234567', /common/],
    ['common words without separators', 'monkeydragon1234', /common/],
    ['digits in order', '1234567890123456', /sequences|common/],
    ['digits in order with another digit at the end', '123456789012346', /sequences|common/],
    ['digits backwards', '9876543210987654', /sequences|common|repeated/],
    ['the alphabet', 'abcdefghijklmno', /sequences|common/],
    ['another alphabet backwards', 'нмлкйизжедгвба12', /sequences/],
    ['rows of a keyboard', 'qwertyuiop[]asdfgh', /sequences|common/],
    ['rows of another keyboard', 'йцукенгшщзхъфыва', /sequences/],
    ['a row of a keyboard backwards', 'poiuytrewqlkjhg', /sequences|common/],
    ['the symbols above the digits', '!@#$%^&*()_+!@#', /sequences|repeated/],
    ['columns of a keyboard', '1qaz!QAZ2wsx@WSX', /sequences|common/],
    ['two interleaved sequences', '1a2b3c4d5e6f7g8h', /sequences|common/],
    ['repetitions with another character at the end', 'aaaaaaaaaaaaaab', /sequences/],
    ['a repeated word with another character at the end', 'админадминадмин1', /repetitions/],
    ['a NUL, at which bcrypt stops reading', 'abcdefgh\u0000ijklmnop', /control/],
    ['half a surrogate pair', 'abcdefghijklmnop\ud800', /Unicode/],
  ])('rejects %s', (_case, password, reason) => {
    expect(rules.fault(password, EMAIL)).toMatch(reason);
  });
});

describe('Passwords.matches', () => {
  test('treats composed and decomposed letters as the same', async () => {
    const hash = await passwords.hash('caf\u00e9 con leche y pan', TURN);
    expect(await passwords.matches('cafe\u0301 con leche y pan', hash, TURN)).toBe(true);
  });

  test('compares bytes beyond the first 72, and characters after a NUL', async () => {
    const longest = 'x1'.repeat(36);
    expect(await passwords.matches(`${longest}y`, await bcrypt.hash(longest, 4), TURN)).toBe(false);
    expect(await passwords.matches('before\u0000after', await bcrypt.hash('before', 4), TURN)).toBe(false);
    expect(await passwords.matches('', await bcrypt.hash('', 4), TURN)).toBe(true);
  });

  test('returns false without a stored hash, after one real comparison', async () => {
    const compare = jest.spyOn(bcrypt, 'compare');
    expect(await passwords.matches('any password at all', null, TURN)).toBe(false);
    const [, hash] = compare.mock.calls[0] ?? [];
    compare.mockRestore();
    expect(bcrypt.getRounds(String(hash))).toBe(4);
    expect(String(hash)).toHaveLength(60);
  });
});

describe('A4: a comparison takes equal work for every cost of the stored hash', () => {
  /** @returns the work of one comparison, in units of 2^cost, and its result */
  async function workOf(subject: Passwords, password: string, hash: string | null) {
    const compare = jest.spyOn(bcrypt, 'compare');
    const matches = await subject.matches(password, hash, TURN);
    const work = compare.mock.calls.reduce((sum, [, compared]) => sum + 2 ** bcrypt.getRounds(String(compared)), 0);
    compare.mockRestore();
    return { work, matches };
  }
  const hashOf = (cost: number) => bcrypt.hash(PASSWORD, cost);
  const PASSWORD = 'correct horse battery staple rivers';

  test('after BCRYPT_COST was raised: an older hash, a newer hash and no user take the same work', async () => {
    const subject = newPasswords(7, 6);
    for (const cost of [4, 5, 6, 7]) {
      expect(await workOf(subject, PASSWORD, await hashOf(cost))).toEqual({ work: 2 ** 7, matches: true });
      expect(await workOf(subject, 'wrong', await hashOf(cost))).toEqual({ work: 2 ** 7, matches: false });
    }
    expect(await workOf(subject, PASSWORD, null)).toEqual({ work: 2 ** 7, matches: false });
  });

  test('after BCRYPT_COST was lowered: every comparison takes the work of the highest stored cost, from the first one', async () => {
    for (const hash of [null, await hashOf(4), await hashOf(6)]) {
      expect((await workOf(newPasswords(4, 6), PASSWORD, hash)).work).toBe(2 ** 6);
    }
  });

  test('after another process stored a hash of a higher cost: every later comparison takes the work of that cost', async () => {
    const subject = newPasswords(4, 4);
    expect((await workOf(subject, PASSWORD, null)).work).toBe(2 ** 4);
    expect((await workOf(subject, PASSWORD, await hashOf(6))).work).toBe(2 ** 6);
    expect((await workOf(subject, PASSWORD, null)).work).toBe(2 ** 6);
  });

  test('with a stored value that is not a hash: it takes the same work and matches no password', async () => {
    expect(await workOf(newPasswords(5), 'none', 'none')).toEqual({ work: 2 ** 5, matches: false });
  });
});
