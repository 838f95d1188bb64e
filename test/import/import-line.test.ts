import { describe, expect, test } from '@jest/globals';
import bcrypt from 'bcrypt';
import { readImportLine } from '../../src/import/import-line.js';

const NOW = new Date('2026-01-31T12:00:00.000Z');
const HASH = '$2b$12$nuwXemRkhCwYLG.NvjsnWOu5pl5Rf.UE72RTQkkxBNVECUHMkR1wa';
const required = { email: 'ada@example.com', keyPrefix: 'amos_1a2b3c4d', hashedKey: HASH };
const owned = { owner: { email: 'ada@example.com', externalId: null }, keyPrefix: 'amos_1a2b3c4d', hashedKey: HASH };

const read = (fields: object, scopeCatalogue: string[] = []) => readImportLine(JSON.stringify(fields), { now: NOW, scopeCatalogue });
const errorsOf = (fields: object, scopeCatalogue?: string[]) => {
  const result = read(fields, scopeCatalogue);
  return 'faults' in result ? result.faults : [];
};
const keyOf = (fields: object) => {
  const result = read(fields);
  if ('faults' in result) throw new Error(result.faults.join());
  return result.key;
};

describe('a line of an import', () => {
  test('needs only email, prefix and hash', () => {
    expect(keyOf(required)).toEqual({ ...owned, createdAt: NOW, revokedAt: null, revokedReason: null });
  });

  test('accepts every field in camelCase', () => {
    const columns = { name: 'build server', scopes: ['orders:*'], allowedCidrs: ['10.0.0.0/8'], metadata: { team: 'a' }, enabled: false };
    const key = keyOf({
      ...required,
      ...columns,
      rateLimit: { limit: 10, windowSeconds: 60 },
      createdAt: '2024-01-31T12:00:00.123Z',
      expiresAt: '2030-01-01T00:00:00+02:00',
      revokedAt: '2025-01-01T00:00:00Z',
      revokedReason: 'leaked',
    });
    expect(key).toEqual({
      ...owned,
      ...columns,
      rateLimit: 10,
      rateLimitWindowSeconds: 60,
      createdAt: new Date('2024-01-31T12:00:00.123Z'),
      expiresAt: new Date('2029-12-31T22:00:00Z'),
      revokedAt: new Date('2025-01-01T00:00:00Z'),
      revokedReason: 'leaked',
    });
  });

  test('accepts snake_case, ids without a meaning here, and null for absent fields', () => {
    const line = {
      id: 7,
      user_id: 'x',
      userId: 'x',
      email: ' Ada@Example.COM ',
      key_prefix: 'amos_1a2b3c4d',
      hashed_key: HASH,
      created_at: '2024-01-31 12:00:00.123+00',
      rate_limit: { limit: 1, window_seconds: 2 },
      ...Object.fromEntries(
        ['name', 'scopes', 'allowed_cidrs', 'metadata', 'enabled', 'expires_at', 'revoked_at', 'revoked_reason'].map((name) => [
          name,
          null,
        ]),
      ),
    };
    expect(keyOf(line)).toEqual({
      ...owned,
      rateLimit: 1,
      rateLimitWindowSeconds: 2,
      createdAt: new Date('2024-01-31T12:00:00.123Z'),
      revokedAt: null,
      revokedReason: null,
    });
  });

  test('accepts an expired key', () => {
    expect(keyOf({ ...required, expiresAt: '2020-01-01T00:00:00Z' }).expiresAt).toEqual(new Date('2020-01-01T00:00:00Z'));
  });

  test.each([
    ['2024-01-31T12:00:00Z', '2024-01-31T12:00:00.000Z'],
    ['2024-01-31t12:00:00.5z', '2024-01-31T12:00:00.500Z'],
    ['2024-01-31 12:00:00.123456', '2024-01-31T12:00:00.123Z'],
    ['2024-01-31 12:00:00.123+00', '2024-01-31T12:00:00.123Z'],
    ['2024-01-31 12:00:00+05:30', '2024-01-31T06:30:00.000Z'],
    ['2024-01-31 12:00:00-0330', '2024-01-31T15:30:00.000Z'],
    ['2024-02-29T23:59:59-08', '2024-03-01T07:59:59.000Z'],
  ])('reads %s as %s', (text, iso) => {
    expect(keyOf({ ...required, createdAt: text }).createdAt).toEqual(new Date(iso));
  });

  test('changes the $2y$ of PHP to $2b$, which the bcrypt library can compare', () => {
    expect(keyOf({ ...required, hashedKey: HASH.replace('$2b$', '$2y$') }).hashedKey).toBe(HASH);
    expect(keyOf({ ...required, hashedKey: HASH.replace('$2b$', '$2a$') }).hashedKey).toBe(HASH.replace('$2b$', '$2a$'));
  });

  test('sets the unused bits of a hash to zero, as the bcrypt library assumes', async () => {
    const hashedKey = await bcrypt.hash('a key', 4);
    const alphabet = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
    const next = (character = '') => alphabet[alphabet.indexOf(character) + 1];
    const padded = `${hashedKey.slice(0, 28)}${next(hashedKey[28])}${hashedKey.slice(29, -1)}${next(hashedKey.at(-1))}`;
    expect(await bcrypt.compare('a key', padded)).toBe(false);
    expect(keyOf({ ...required, hashedKey: padded }).hashedKey).toBe(hashedKey);
  });

  const CANARY = 'kanarie-7f3a';
  const notATimestamp = 'must be a timestamp such as 2024-01-31T12:00:00Z';
  const notAHash = 'must be a bcrypt hash: $2a$, $2b$ or $2y$, two digits, $, and 53 characters';
  const notAPrefix = 'must be 2 to 12 lower-case letters and digits, _ and 8 hex digits, such as amos_1a2b3c4d';
  test.each<[object, string[]]>([
    [{ email: undefined }, ['email or externalId is missing']],
    [{ email: null }, ['email or externalId is missing']],
    [{ email: CANARY }, ['email must be an email address']],
    [{ email: `${CANARY}@${'a'.repeat(300)}` }, ['email must be at most 254 bytes long']],
    [{ keyPrefix: undefined, hashedKey: undefined }, ['keyPrefix is missing', 'hashedKey is missing']],
    [{ keyPrefix: 'amos_1A2B3C4D' }, [`keyPrefix ${notAPrefix}`]],
    [{ keyPrefix: `amos_1a2b3c4d.${CANARY}` }, [`keyPrefix ${notAPrefix}`]],
    [{ keyPrefix: 'amos_1a2b3c4d\n' }, [`keyPrefix ${notAPrefix}`]],
    [{ hashedKey: CANARY }, [`hashedKey ${notAHash}`]],
    [{ hashedKey: HASH.replace('$2b$', '$2x$') }, [`hashedKey ${notAHash}`]],
    [{ hashedKey: HASH.slice(0, -1) }, [`hashedKey ${notAHash}`]],
    [{ hashedKey: `${HASH}a` }, [`hashedKey ${notAHash}`]],
    [{ hashedKey: HASH.replace('$12$', '$15$') }, ['hashedKey must have a cost from 4 to 14']],
    [{ hashedKey: HASH.replace('$12$', '$03$') }, ['hashedKey must have a cost from 4 to 14']],
    [{ name: '' }, ['name must not be empty']],
    [{ name: CANARY.repeat(20) }, ['name must be at most 100 characters long']],
    [{ name: `${CANARY}\0` }, ['name must not contain control characters']],
    [{ name: 7 }, ['name must be a string']],
    [{ createdAt: CANARY }, [`createdAt ${notATimestamp}`]],
    [{ createdAt: '2024-02-30T00:00:00Z' }, [`createdAt ${notATimestamp}`]],
    [{ createdAt: '2024-01-31T25:00:00Z' }, [`createdAt ${notATimestamp}`]],
    [{ createdAt: 1706702400 }, ['createdAt must be a string']],
    [{ createdAt: '2026-01-31T12:00:00.001Z' }, ['createdAt must not be in the future']],
    [{ scopes: 'orders:read' }, ['scopes must be a list of strings']],
    [{ scopes: ['ok', CANARY.toUpperCase()] }, ['scopes.1 must be lower-case letters, digits and . _ : - (and may end in :*)']],
    [{ scopes: [7] }, ['scopes.0 must be a string']],
    [{ allowedCidrs: [CANARY] }, ['allowedCidrs.0 must be an IP address or a CIDR range']],
    [{ rateLimit: { limit: 0, windowSeconds: 60 } }, ['rateLimit.limit must be from 1 to 1000000']],
    [{ rateLimit: { limit: 1 } }, ['rateLimit.windowSeconds is missing']],
    [{ rateLimit: { limit: 1.5, windowSeconds: 60 } }, ['rateLimit.limit must be a whole number']],
    [{ rateLimit: { limit: 1, windowSeconds: 60, burst: 7 } }, ['rateLimit.burst is not a known field']],
    [{ rateLimit: 7 }, ['rateLimit must be an object with limit and windowSeconds']],
    [{ metadata: [CANARY] }, ['metadata must be an object']],
    [{ metadata: { a: CANARY.repeat(500) } }, ['metadata must be at most 4096 bytes of JSON']],
    [{ metadata: { a: `${CANARY}\0` } }, ['metadata must not contain control characters']],
    [{ enabled: 'yes' }, ['enabled must be true or false']],
    [{ expiresAt: '2036-02-01T00:00:00Z' }, ['expiresAt must be within 10 years']],
    [{ revokedAt: '2026-02-01T00:00:00Z' }, ['revokedAt must not be in the future']],
    [{ revokedReason: CANARY }, ['revokedReason requires revokedAt']],
    [{ revokedAt: '2025-01-01T00:00:00Z', revokedReason: CANARY.repeat(50) }, ['revokedReason must be at most 500 characters long']],
    [{ expires: CANARY }, ['expires is not a known field']],
    [{ last_used_at: null }, ['last_used_at is not a known field']],
    [{ [CANARY]: 1 }, ['a field with a hidden name is not a known field']],
    [{ key_prefix: 'amos_1a2b3c4d' }, ['keyPrefix must not be repeated in snake_case']],
    [
      { name: '', scopes: ['A'] },
      ['name must not be empty', 'scopes.0 must be lower-case letters, digits and . _ : - (and may end in :*)'],
    ],
  ])('for %j reports %j, without the value', (change, errors) => {
    const found = errorsOf({ ...required, ...change });
    expect(found).toEqual(errors);
    expect(found.join()).not.toMatch(new RegExp(`${CANARY}|${HASH.slice(7, 20)}`, 'i'));
  });

  test.each(['{', '[]', 'null', '"text"', '{"email":"a@b"', '{} {}'])('that is %s is rejected: it is not a JSON object', (line) => {
    expect(readImportLine(line, { now: NOW, scopeCatalogue: [] })).toEqual({ faults: ['must be one JSON object'] });
  });

  test('accepts only scopes of the catalogue, if one is set', () => {
    expect(errorsOf({ ...required, scopes: ['a', 'b'] }, ['a'])).toEqual(['scopes.1 is not one of the scopes that can be granted']);
  });

  test('keeps metadata unchanged, also a member called __proto__', () => {
    const line = `${JSON.stringify(required).slice(0, -1)},"metadata":{"__proto__":{"a":1}}}`;
    const result = readImportLine(line, { now: NOW, scopeCatalogue: [] });
    expect(JSON.stringify('key' in result && result.key.metadata)).toBe('{"__proto__":{"a":1}}');
  });
});
