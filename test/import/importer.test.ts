import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type ImporterDependencies, type ImportOptions, KeyImporter } from '../../src/import/importer.js';
import type { Outcome } from '../../src/import/plan.js';
import { type Progress, runImport } from '../../src/import/run.js';
import {
  CreateApiKeyDocument,
  MyApiKeysDocument,
  MyAuditLogDocument,
  RevokeApiKeyDocument,
  SignInDocument,
  SignUpDocument,
} from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { DOORS, newKey } from '../support/doors.js';
import { importerParts, lineOf, PASSLIB } from '../support/imports.js';
import { codesOf, PASSWORD, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());
beforeEach(() => runSql(app.databaseUrl, 'DELETE FROM users'));

/** Creates an account as the operator or an earlier import does, with a password that the user has set since. */
const invited = async (email: string) => {
  const created = await app.newUser(email);
  await runSql(app.databaseUrl, 'UPDATE users SET self_registered = false WHERE id = $1', [created.user.id]);
  return created;
};

type ImporterOptions = ImportOptions & Pick<ImporterDependencies, 'keysPerUserMax'>;

const newImporter = ({ isDryRun = false, keysPerUserMax = 5, intoExisting = false, ...rest }: Partial<ImporterOptions> = {}) =>
  new KeyImporter({
    database: app.database,
    clock: app.clock,
    ...importerParts(app),
    keysPerUserMax,
    scopeCatalogue: [],
    intoExisting,
    isDryRun,
    ...rest,
  });

/** Returns the result of each line in short: `imported`, `present` or the reasons for the rejection. */
async function importLines(lines: readonly (string | object)[], importer = newImporter()) {
  const texts = lines.map((line, index) => ({ number: index + 1, text: typeof line === 'string' ? line : JSON.stringify(line) }));
  const { outcomes, usersMade } = await importer.importBatch(texts);
  const inShort = (outcome: Outcome) => (outcome.kind === 'bad' ? outcome.reasons.join('; ') : outcome.kind);
  return { outcomes: outcomes.map(({ outcome }) => inShort(outcome)), usersMade };
}

async function importAll(importer: KeyImporter, lines: readonly string[]): Promise<Progress> {
  const progress: Progress = { lines: 0, imported: 0, present: 0, bad: 0, usersMade: 0 };
  async function* chunks() {
    yield Buffer.from(lines.join('\n'));
  }
  await runImport({ importer, chunks: chunks(), progress, onBad: () => undefined });
  return progress;
}

const prefixOf = (key: string) => key.slice(0, 13);
const seedLine = (passlib: { key: string; hashedKey: string }, email = 'ada@example.com') => ({
  email,
  key_prefix: prefixOf(passlib.key),
  hashed_key: passlib.hashedKey,
});

const rowsOf = (table: string) => runSql(app.databaseUrl, `SELECT * FROM ${table} ORDER BY 1`);
const everything = async () => ({
  users: await rowsOf('users'),
  keys: await rowsOf('api_keys'),
  events: await rowsOf('audit_events'),
});

async function comparisons(): Promise<number> {
  const text = await app.metrics.metrics();
  return Number(/^keyward_verification_bcrypt_total (\d+)$/m.exec(text)?.[1]);
}

const LIMIT = 'the user already has 5 usable keys (MAX_KEYS_PER_USER)';
const TAKEN = 'keyPrefix belongs to another key';
const SELF_MADE = 'email belongs to an account that was created by sign-up. Use --into-existing to give it the key.';

describe('an imported key', () => {
  test.each(['2b', '2y', '2a'] as const)(
    'of passlib’s $%s$ verifies through both endpoints: first by bcrypt, then by fingerprint',
    async (version) => {
      const { key } = PASSLIB[version];
      expect(await importLines([seedLine(PASSLIB[version])])).toEqual({ outcomes: ['imported'], usersMade: 1 });
      const [row] = await runSql<{ id: string; hashed_key: string; fingerprint: null }>(app.databaseUrl, 'SELECT * FROM api_keys');
      expect(row).toMatchObject({ hashed_key: PASSLIB[version].hashedKey.replace('$2y$', '$2b$'), fingerprint: null });
      for (const [round, cost] of [1, 0].entries()) {
        const before = await comparisons();
        for (const ask of Object.values(DOORS)) expect(await ask(app, { key })).toEqual({ code: 'VALID', keyId: row?.id });
        expect([round, (await comparisons()) - before]).toEqual([round, cost]);
      }
      expect((await Object.values(DOORS)[0]?.(app, { key: key.replace(/.$/, '-') }))?.code).toBe('NOT_FOUND');
    },
  );

  test('has every field of its line, and the defaults of a new key for missing fields', async () => {
    const full = {
      name: 'build "server" ü',
      created_at: '2024-01-31 12:00:00.123+00',
      scopes: ['orders:*', 'a'],
      allowed_cidrs: ['10.0.0.0/8'],
      rate_limit: { limit: 10, window_seconds: 60 },
      metadata: { team: "a'b", deep: { list: [1, null] } },
      enabled: false,
      expires_at: '2025-01-31T12:00:00Z',
      revoked_at: '2024-06-30T12:00:00Z',
      revoked_reason: 'leaked',
    };
    expect((await importLines([lineOf(0, full), lineOf(1)])).outcomes).toEqual(['imported', 'imported']);
    const [first, second] = await app.database.apiKey.findMany({ orderBy: { keyPrefix: 'asc' } });
    expect(first).toMatchObject({
      name: full.name,
      createdAt: new Date('2024-01-31T12:00:00.123Z'),
      scopes: full.scopes,
      allowedCidrs: full.allowed_cidrs,
      rateLimit: 10,
      rateLimitWindowSeconds: 60,
      metadata: full.metadata,
      enabled: false,
      expiresAt: new Date('2025-01-31T12:00:00Z'),
      revokedAt: new Date('2024-06-30T12:00:00Z'),
      revokedReason: 'leaked',
    });
    const bare = { name: null, scopes: [], allowedCidrs: [], rateLimit: null, rateLimitWindowSeconds: null, metadata: {}, enabled: true };
    expect(second).toMatchObject({ ...bare, createdAt: app.clock.now(), expiresAt: null, revokedAt: null, fingerprint: null });
  });

  test('is recorded in the audit log of its owner, without a request', async () => {
    const { accessToken, user } = await invited('ada@example.com');
    await importLines([seedLine(PASSLIB['2b'])]);
    const { myAuditLog } = await app.ask(MyAuditLogDocument, { first: 10 }, accessToken);
    const { keyPrefix } = await app.database.apiKey.findFirstOrThrow({ where: { userId: user.id } });
    expect(myAuditLog.edges.map(({ node }) => node).filter(({ action }) => action === 'API_KEY_IMPORTED')).toEqual([
      expect.objectContaining({ ipAddress: null, userAgent: null, details: { keyPrefix, actor: 'operator' } }),
    ]);
  });
});

describe('the users of an import', () => {
  test('existing users receive the key; missing users are created without a password and cannot sign in', async () => {
    const { accessToken } = await invited('ada@example.com');
    const result = await importLines([seedLine(PASSLIB['2b'], ' ADA@example.com'), seedLine(PASSLIB['2a'], 'bob@example.com')]);
    expect(result).toEqual({ outcomes: ['imported', 'imported'], usersMade: 1 });
    const { myApiKeys } = await app.ask(MyApiKeysDocument, {}, accessToken);
    expect(myApiKeys.map(({ keyPrefix }) => keyPrefix)).toEqual([prefixOf(PASSLIB['2b'].key)]);
    expect(await app.database.user.findFirst({ where: { email: 'bob@example.com' } })).toMatchObject({
      passwordHash: null,
      externalId: null,
      selfRegistered: false,
      createdAt: app.clock.now(),
    });
    const answer = await app.send(SignInDocument, { input: { email: 'bob@example.com', password: PASSWORD } });
    expect(codesOf(answer)).toEqual(['INVALID_CREDENTIALS']);
  });

  test('are not created for an invalid line', async () => {
    expect(await importLines([lineOf(0), { ...JSON.parse(lineOf(0)), email: 'new@example.com' }, lineOf(1, { name: '' })])).toEqual({
      outcomes: ['imported', TAKEN, 'name must not be empty'],
      usersMade: 1,
    });
    expect(await app.database.user.count()).toBe(1);
  });

  test.each([true, false])(
    'K14: receive no key if they signed up themselves, unless requested; a dry run lists them (%s)',
    async (isDryRun) => {
      const { accessToken, user } = await app.newUser('ceo@victim.example');
      const own = await app.ask(CreateApiKeyDocument, { input: {} }, accessToken);
      const lines = [
        seedLine(PASSLIB['2b'], 'CEO@victim.example '),
        seedLine(PASSLIB['2a'], 'bob@example.com'),
        seedLine(PASSLIB['2y'], 'ceo@victim.example'),
        lineOf(7, { email: 'ceo@victim.example', revokedAt: '2024-01-01T00:00:00Z' }),
      ];
      expect(await importLines(lines, newImporter({ isDryRun }))).toEqual({
        outcomes: [SELF_MADE, 'imported', SELF_MADE, SELF_MADE],
        usersMade: 1,
      });
      const keys = async () => (await app.ask(MyApiKeysDocument, {}, accessToken)).myApiKeys.map(({ keyPrefix }) => keyPrefix);
      expect(await keys()).toEqual([own.createApiKey.apiKey.keyPrefix]);
      expect((await DOORS.verifyApiKey?.(app, { key: PASSLIB['2b'].key }))?.code).toBe('NOT_FOUND');
      const wanted = await importLines(lines, newImporter({ isDryRun, intoExisting: true }));
      expect(wanted.outcomes).toEqual(['imported', isDryRun ? 'imported' : 'present', 'imported', 'imported']);
      if (!isDryRun) expect(await app.database.apiKey.count({ where: { userId: user.id } })).toBe(4);
      // A key that is already imported is reported as present, also if the account was created by sign-up.
      if (!isDryRun) expect((await importLines(lines)).outcomes).toEqual(Array(4).fill('present'));
    },
  );

  test('K14: receive no key that a concurrent sign-up could have taken', async () => {
    for (let round = 0; round < 5; round += 1) {
      const email = `raced${round}@example.com`;
      const [signUp, { outcomes }] = await Promise.all([
        app.send(SignUpDocument, { input: { email, password: PASSWORD } }),
        importLines([lineOf(100 + round, { email })]),
      ]);
      expect([codesOf(signUp), outcomes]).toEqual(signUp.data ? [[], [SELF_MADE]] : [['EMAIL_TAKEN'], ['imported']]);
    }
  });

  test('are never users of an identity provider, even with the same address', async () => {
    const external = await app.database.user.create({
      data: { email: 'ada@example.com', externalId: 'user_1', createdAt: app.clock.now() },
    });
    const { outcomes, usersMade } = await importLines([seedLine(PASSLIB['2b'])]);
    expect({ outcomes, usersMade }).toEqual({ outcomes: ['imported'], usersMade: 1 });
    expect(await app.database.apiKey.count({ where: { userId: external.id } })).toBe(0);
    await runSql(app.databaseUrl, 'UPDATE api_keys SET user_id = $1', [external.id]);
    expect((await importLines([seedLine(PASSLIB['2b'])])).outcomes).toEqual([TAKEN]);
  });

  test('keep their limit: usable keys count, and revoked or expired keys do not', async () => {
    const { accessToken } = await invited('user0@example.com');
    const created = await app.ask(CreateApiKeyDocument, { input: {} }, accessToken);
    await app.ask(CreateApiKeyDocument, { input: {} }, accessToken);
    await app.ask(RevokeApiKeyDocument, { id: created.createApiKey.apiKey.id }, accessToken);
    const email = { email: 'user0@example.com' };
    const lines = [
      lineOf(0, email),
      lineOf(1, { ...email, revokedAt: '2024-01-01T00:00:00Z' }),
      lineOf(2, { ...email, expiresAt: '2024-01-01T00:00:00Z' }),
      lineOf(3, { ...email, enabled: false }),
      ...[4, 5, 6, 7].map((index) => lineOf(index, email)),
    ];
    const outcomes = [...Array(6).fill('imported'), LIMIT, LIMIT];
    expect((await importLines(lines, newImporter({ isDryRun: true }))).outcomes).toEqual(outcomes);
    expect((await importLines(lines)).outcomes).toEqual(outcomes);
    expect(codesOf(await app.send(CreateApiKeyDocument, { input: {} }, { token: accessToken }))).toEqual(['API_KEY_LIMIT_REACHED']);
  });

  test('keep their limit while several imports and creates run at once', async () => {
    const { accessToken, user } = await invited('user0@example.com');
    const email = { email: 'user0@example.com' };
    const imports = [0, 10, 20, 30].map((start) => importLines([0, 1, 2, 3, 4].map((index) => lineOf(start + index, email))));
    const creates = Array.from({ length: 5 }, () => app.send(CreateApiKeyDocument, { input: {} }, { token: accessToken }));
    await Promise.all([...imports, ...creates]);
    expect(await app.database.apiKey.count({ where: { userId: user.id } })).toBe(5);
  });
});

describe('a key that already exists', () => {
  test('is not duplicated, also within a file and after its use, and does not change', async () => {
    const line = seedLine(PASSLIB['2y']);
    expect((await importLines([line, line])).outcomes).toEqual(['imported', 'present']);
    expect((await DOORS.verifyApiKey?.(app, { key: PASSLIB['2y'].key }))?.code).toBe('VALID');
    await runSql(app.databaseUrl, 'UPDATE api_keys SET revoked_at = now(), name = $1', ['changed']);
    const before = await everything();
    expect(before.keys).toHaveLength(1);
    expect(await importLines([{ ...line, name: 'other' }])).toEqual({ outcomes: ['present'], usersMade: 0 });
    expect(await everything()).toEqual(before);
  });

  test('accepts no other hash and no other owner', async () => {
    const { key, userId } = await newKey(app);
    const [owner] = await runSql<{ email: string }>(app.databaseUrl, 'SELECT email FROM users WHERE id = $1', [userId]);
    const own = { ...JSON.parse(lineOf(0)), keyPrefix: prefixOf(key), email: owner?.email };
    expect((await importLines([own, lineOf(1), lineOf(1, { email: 'user9@example.com' })])).outcomes).toEqual([TAKEN, 'imported', TAKEN]);
  });

  test('is imported once by concurrent imports of one file, and so is each user', async () => {
    const lines = Array.from({ length: 1_200 }, (_, index) => lineOf(index));
    const results = await Promise.all([1, 2, 3].map(() => importAll(newImporter(), lines)));
    const sum = (field: keyof Progress) => results.reduce((total, result) => total + result[field], 0);
    expect([sum('imported'), sum('present'), sum('bad'), sum('usersMade')]).toEqual([1_200, 2_400, 0, 240]);
    expect([await app.database.apiKey.count(), await app.database.user.count()]).toEqual([1_200, 240]);
  });

  test('keeps the first owner when two concurrent imports differ in it, and the other import reports the conflict', async () => {
    const linesFor = (email: string) =>
      Array.from({ length: 200 }, (_, index) => lineOf(index, { email, revokedAt: '2024-01-01T00:00:00Z' }));
    const results = await Promise.all(['a', 'b', 'c', 'd'].map((name) => importAll(newImporter(), linesFor(`${name}@example.com`))));
    expect(results.map(({ imported, bad }) => [imported, bad]).sort()).toEqual([
      [0, 200],
      [0, 200],
      [0, 200],
      [200, 0],
    ]);
    expect(await app.database.user.count()).toBe(1);
  });
});

describe('a dry run', () => {
  test('reports what an import would do, over many batches, and writes nothing', async () => {
    await invited('user0@example.com');
    const { accessToken } = await invited('user1@example.com');
    await app.ask(CreateApiKeyDocument, { input: {} }, accessToken);
    const lines = [
      ...Array.from({ length: 1_100 }, (_, index) => lineOf(index)),
      // A repeated key, a key of another user, a key over the limit, an expired key and an invalid line, each in a later batch
      // than its first line.
      ...Array.from({ length: 30 }, (_, index) => lineOf(index * 7)),
      lineOf(3, { email: 'else@example.com' }),
      lineOf(5_000, { email: 'user2@example.com' }),
      lineOf(5_001, { email: 'user2@example.com', expiresAt: '2024-01-01T00:00:00Z' }),
      '{',
    ];
    const before = await everything();
    const rehearsed = await importAll(newImporter({ isDryRun: true }), lines);
    expect(await everything()).toEqual(before);
    expect(rehearsed).toEqual({ lines: 1_134, imported: 1_100, present: 30, bad: 4, usersMade: 218 });
    expect(await importAll(newImporter(), lines)).toEqual(rehearsed);
  });
});
