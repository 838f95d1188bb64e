import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { SealedSecrets } from '../../src/platform/sealed-secrets.js';

const [older, newer] = [randomBytes(32), randomBytes(32)];
const secret = Buffer.from('a secret of another system');

describe('a sealed secret', () => {
  test('is opened with the key that sealed it, also after a newer key was added, and differs each time', () => {
    const sealed = new SealedSecrets([older]).seal(secret);
    expect(new SealedSecrets([newer, older]).open(sealed)).toEqual(secret);
    expect(new SealedSecrets([older]).seal(secret)).not.toBe(sealed);
    expect([new SealedSecrets([older]).isCurrent(sealed), new SealedSecrets([newer, older]).isCurrent(sealed)]).toEqual([true, false]);
  });

  test('is not opened without its key, or after any of its characters was changed', () => {
    const sealed = new SealedSecrets([older]).seal(secret);
    expect(new SealedSecrets([newer]).open(sealed)).toBeNull();
    for (let index = 0; index < sealed.length - 1; index += 1) {
      const changed = `${sealed.slice(0, index)}${sealed[index] === 'A' ? 'B' : 'A'}${sealed.slice(index + 1)}`;
      expect(new SealedSecrets([older]).open(changed)).toBeNull();
    }
    for (const text of ['', 'v1', 'v1.00000000.', `${sealed.slice(0, 12)}AAAA`]) expect(new SealedSecrets([older]).open(text)).toBeNull();
  });
});
