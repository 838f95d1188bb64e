import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import bcrypt from 'bcrypt';
import { ApiKeyService } from '../../src/api-keys/api-key-service.js';
import { IdempotencyKeys } from '../../src/api-keys/idempotency-keys.js';
import { KeyIssuer } from '../../src/api-keys/key-issuer.js';
import { AuditRecorder } from '../../src/audit/audit-recorder.js';
import { Users } from '../../src/auth/accounts/users.js';
import { userActor } from '../../src/platform/actor.js';
import { KEY_QUEUE_LIMITS } from '../../src/platform/limits.js';
import { createLogger } from '../../src/platform/logger.js';
import { checksum } from '../../src/platform/plaintext-key.js';
import { CreateApiKeyDocument, type CreateApiKeyInput, MyApiKeysDocument, RevokeApiKeyDocument } from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { ObservedHashQueue } from '../support/hash-queues.js';
import { codesOf, PATIENT, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp(PATIENT);
});
afterAll(() => app.close());

const create = (token: string, input?: CreateApiKeyInput | null) =>
  app.send(CreateApiKeyDocument, input === undefined ? {} : { input }, { token });

describe('createApiKey', () => {
  test('creates an active key and returns its plaintext: prefix, secret and checksum', async () => {
    const { accessToken } = await app.newUser();
    const { data, headers } = await create(accessToken, { name: 'build server' });

    const { plaintextKey, apiKey } = data?.createApiKey ?? { plaintextKey: '', apiKey: null };
    expect(apiKey).toEqual({
      id: expect.any(String),
      keyPrefix: plaintextKey.slice(0, 13),
      name: 'build server',
      status: 'ACTIVE',
      scopes: [],
      allowedCidrs: [],
      rateLimit: null,
      metadata: {},
      enabled: true,
      expiresAt: null,
      createdAt: app.clock.now().toISOString(),
      revokedAt: null,
      revokedReason: null,
      expiresSoon: false,
    });
    expect(plaintextKey).toMatch(/^amos_[0-9a-f]{8}\.[A-Za-z0-9_-]{43}[0-9A-Za-z]{6}$/);
    expect(plaintextKey.slice(-6)).toBe(checksum(plaintextKey.slice(0, -6)));
    expect(headers['cache-control']).toBe('no-store');
  });

  test.each([
    ['no input', undefined],
    ['input null', null],
    ['no name', {}],
    ['name null', { name: null }],
  ])('creates a key without a name for %s', async (_case, input) => {
    const { accessToken } = await app.newUser();
    const { data } = await create(accessToken, input);
    expect(data?.createApiKey.apiKey.name).toBeNull();
  });

  test('K2: stores bcrypt and SHA-256 of the plaintext, and writes the plaintext to no table and no log', async () => {
    const { accessToken } = await app.newUser();
    const { data } = await create(accessToken);
    const plaintextKey = data?.createApiKey.plaintextKey ?? '';
    const secret = plaintextKey.slice(14);

    const [row] = await runSql<{ hashed_key: string; fingerprint: Buffer }>(
      app.databaseUrl,
      'SELECT hashed_key, fingerprint FROM api_keys WHERE key_prefix = $1',
      [plaintextKey.slice(0, 13)],
    );
    expect(row?.hashed_key).toMatch(/^\$2b\$10\$/);
    expect(await bcrypt.compare(plaintextKey, row?.hashed_key ?? '')).toBe(true);
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(plaintextKey));
    expect(row?.fingerprint.toString('hex')).toBe(Buffer.from(digest).toString('hex'));

    const tables = await runSql<{ dump: string }>(
      app.databaseUrl,
      `SELECT (SELECT string_agg(t::text, ' ') FROM api_keys t) || (SELECT string_agg(t::text, ' ') FROM users t)
           || (SELECT string_agg(t::text, ' ') FROM sessions t) AS dump`,
    );
    const everywhere = `${tables[0]?.dump} ${app.logs()} ${JSON.stringify(await app.send(MyApiKeysDocument, {}, { token: accessToken }))}`;
    for (const form of [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret, 'base64url').toString('hex'), btoa(secret)]) {
      expect(everywhere).not.toContain(form);
    }
  });

  test('K3: lets 5 of 60 parallel calls at limit 5 create a key, rejects 55, and computes 5 hashes', async () => {
    const { accessToken } = await app.newUser();
    const before = app.keyHashes.requested;
    const answers = await Promise.all(Array.from({ length: 60 }, () => create(accessToken)));

    expect(answers.filter(({ data }) => data?.createApiKey)).toHaveLength(5);
    expect(answers.flatMap(codesOf)).toEqual(Array(55).fill('API_KEY_LIMIT_REACHED'));
    expect(answers.find(({ errors }) => errors.length > 0)?.errors[0]?.extensions.limit).toBe(5);
    expect(app.keyHashes.requested - before).toBe(5);
    const { myApiKeys } = await app.ask(MyApiKeysDocument, {}, accessToken);
    expect(myApiKeys).toHaveLength(5);
  });

  test('K3: keeps the limit over 20 concurrent processes, by the lock on the user’s row alone', async () => {
    const { user } = await app.newUser();
    const { database, clock } = app;
    // Each replica has its own service, as each process does. All hashes are computed before any transaction begins.
    const hashes = new ObservedHashQueue({ ...KEY_QUEUE_LIMITS, concurrency: 20 });
    let computed = 0;
    const allComputed = new Promise<void>((resolve) => {
      hashes.onResult = () => {
        computed += 1;
        if (computed === 20) resolve();
        return allComputed;
      };
    });
    const logger = createLogger('silent');
    const users = new Users(database);
    const audit = new AuditRecorder({ database, clock, logger });
    const replicas = Array.from({ length: 20 }, () => {
      const issuer = new KeyIssuer({ users, hashes, namespace: 'amos' });
      return new ApiKeyService({
        database,
        clock,
        users,
        issuer,
        idempotencyKeys: new IdempotencyKeys({ database, clock }),
        audit,
        logger,
        keysPerUserMax: 5,
        scopeCatalogue: [],
      });
    });
    const actor = userActor({ requestId: 'x', ipAddress: '192.0.2.1', userAgent: null, receivedAt: performance.now() });
    const owner = { find: async () => user.id, ensure: async () => user.id };
    const results = await Promise.allSettled(replicas.map((replica) => replica.create(owner, {}, actor)));
    const rejections = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []));
    expect(rejections).toEqual(Array(15).fill('API_KEY_LIMIT_REACHED'));
    expect(await database.apiKey.count({ where: { userId: user.id } })).toBe(5);
  });

  test('creates a key at the limit after another key was revoked', async () => {
    const { accessToken } = await app.newUser();
    const created = [];
    for (let count = 0; count < 5; count += 1) created.push(await create(accessToken));
    expect(codesOf(await create(accessToken))).toEqual(['API_KEY_LIMIT_REACHED']);
    await app.ask(RevokeApiKeyDocument, { id: created[0]?.data?.createApiKey.apiKey.id ?? '' }, accessToken);
    expect(codesOf(await create(accessToken))).toEqual([]);
  });

  test('generates another key prefix when the first one is already in use', async () => {
    const prefixes = ['00000001', '00000001', '00000002'];
    let counter = 0;
    const random = (bytes: number) => {
      counter += 1;
      return bytes === 4 ? Buffer.from(prefixes.shift() ?? '', 'hex') : Buffer.alloc(bytes, counter);
    };
    const seeded = await startTestApp({ random });
    const { accessToken } = await seeded.newUser();
    const first = await seeded.ask(CreateApiKeyDocument, {}, accessToken);
    const second = await seeded.ask(CreateApiKeyDocument, {}, accessToken);
    expect([first, second].map(({ createApiKey }) => createApiKey.apiKey.keyPrefix)).toEqual(['amos_00000001', 'amos_00000002']);
    await seeded.close();
  });

  test('applies KEY_NAMESPACE and MAX_KEYS_PER_USER', async () => {
    const other = await startTestApp({ env: { KEY_NAMESPACE: 'acme', MAX_KEYS_PER_USER: '1' } });
    const { accessToken } = await other.newUser();
    const { createApiKey } = await other.ask(CreateApiKeyDocument, {}, accessToken);
    expect(createApiKey.apiKey.keyPrefix).toMatch(/^acme_[0-9a-f]{8}$/);
    const rejected = await other.send(CreateApiKeyDocument, {}, { token: accessToken });
    expect(rejected.errors[0]?.extensions).toEqual({ code: 'API_KEY_LIMIT_REACHED', limit: 1 });
    await other.close();
  });

  test.each([
    ['empty', '', 'must not be empty'],
    ['blank', '   ', 'must not be empty'],
    ['101 characters long', 'n'.repeat(101), 'must be at most 100 characters long'],
    ['two lines long', 'two\nlines', 'must not contain control characters'],
    ['colored by an escape sequence', '\u001b[31mred', 'must not contain control characters'],
    ['broken by a NUL', 'a\u0000b', 'must not contain control characters'],
    ['not valid Unicode', 'a\ud800', 'must be valid Unicode'],
  ])('G9: rejects a name that is %s, and does not repeat it', async (_case, name, message) => {
    const { accessToken } = await app.newUser();
    const answer = await create(accessToken, { name });
    expect(answer.errors[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', fields: [{ path: 'input.name', message }] });
    expect(answer.status).toBe(200);
  });

  test('accepts a name of 100 characters of any script', async () => {
    const { accessToken } = await app.newUser();
    const name = '鍵🔑'.repeat(50);
    expect((await create(accessToken, { name })).data?.createApiKey.apiKey.name).toBe(name);
  });

  test.each(['userId', 'hashedKey', 'fingerprint', 'revokedAt', 'keyPrefix', 'createdAt', 'id'])(
    'K7: rejects the field %s in the input, as updateApiKey and rotateApiKey do',
    async (field) => {
      const { accessToken } = await app.newUser();
      for (const operation of ['createApiKey(', 'updateApiKey(id: "x", ', 'rotateApiKey(id: "x", ']) {
        const answer = await app.send(`mutation { ${operation}input: { ${field}: "x" }) { __typename } }`, {}, { token: accessToken });
        expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
        expect(answer.errors[0]?.extensions.fields).toContainEqual({
          path: `input.${field}`,
          message: 'is not a field of this input',
        });
      }
    },
  );
});
