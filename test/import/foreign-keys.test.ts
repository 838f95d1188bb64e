import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import bcrypt from 'bcrypt';
import { makePlaintextKey } from '../../src/platform/plaintext-key.js';
import {
  ImportApiKeysDocument,
  type ImportApiKeysInput,
  RevokeApiKeyDocument,
  RotateApiKeyDocument,
  VerifyApiKeyDocument,
} from '../generated/graphql.js';
import { dropDatabase, newDatabase, runSql } from '../support/database.js';
import { DOORS, dataOf, newKey } from '../support/doors.js';
import { eventually } from '../support/eventually.js';
import { queriesOf } from '../support/queries.js';
import { actingFor, newExternalId, newService, type TestService } from '../support/services.js';
import { type RequestOptions, startReplicas, startTestApp, type TestApp } from '../support/test-app.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const newText = (beginning = 'sk_live_') => `${beginning}${randomBytes(18).toString('hex')}`;
const changed = (key: string) => `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`;
const verify = DOORS['/verify'] as (typeof DOORS)[string];
const codes = (app: TestApp, key: string) => Promise.all(Object.values(DOORS).map(async (ask) => (await ask(app, { key })).code));

const lastUseOf = async (app: TestApp, { name }: TestService) =>
  (await app.serviceTokens.list()).find(({ serviceToken }) => serviceToken.name === name)?.lastUsedAt;

interface Imported {
  id: string;
  keyPrefix: string;
  externalId: string;
  /** Acts for the owner. */
  owner: RequestOptions;
}

type Form = ImportApiKeysInput['form'];

/** Imports one key by a service, for a new user. */
async function importOne(app: TestApp, form: Form, fields: { hash: string; displayPrefix?: string }): Promise<Imported> {
  const service: TestService = await newService(app, ['keys:write', 'users:act', 'keys:read']);
  const externalId = newExternalId();
  const input = { form, keys: [{ ...fields, externalId }] };
  const { importApiKeys } = dataOf(await app.send(ImportApiKeysDocument, { input }, { token: service.token }));
  const [result] = importApiKeys.results;
  if (!result?.apiKeyId || !result.keyPrefix) throw new Error(`not imported: ${result?.reasons}`);
  // The use of the token is stored in the background, and would count as a query of what follows.
  await eventually(async () => expect(await lastUseOf(app, service)).toEqual(expect.any(Date)), { withinMs: 10_000 });
  return { id: result.apiKeyId, keyPrefix: result.keyPrefix, externalId, owner: actingFor(service, externalId) };
}

const WHOLE: Form = { algorithm: 'SHA256' };
const importWhole = (app: TestApp, key: string) => importOne(app, WHOLE, { hash: sha256(key), displayPrefix: key.slice(0, 8) });
const LAST: Form = { algorithm: 'SHA256', part: 'after-last:_' };
const importLast = (app: TestApp, key: string, displayPrefix = key.slice(0, 8)) =>
  importOne(app, LAST, { hash: sha256(key.slice(key.lastIndexOf('_') + 1)), displayPrefix });

describe('K1: as long as no key of another system was imported', () => {
  test('text of another form is MALFORMED, and from the next verification after the first import it is looked up on every replica', async () => {
    const [one, other] = await startReplicas();
    const [key, unknown] = [newText(), newText()];
    for (const app of [one, other]) expect(await codes(app, key)).toEqual(['MALFORMED', 'MALFORMED']);
    const { id } = await importWhole(one, key);
    for (const app of [other, one]) {
      expect(await verify(app, { key })).toEqual({ code: 'VALID', keyId: id });
      expect(await codes(app, unknown)).toEqual(['NOT_FOUND', 'NOT_FOUND']);
    }
    await Promise.all([one.close(), other.close()]);
  });

  test('every replica finds the first key of a form that it did not know', async () => {
    const [one, other] = await startReplicas();
    const [whole, last] = [newText(), newText()];
    await importWhole(one, whole);
    expect(await codes(other, last)).toEqual(['NOT_FOUND', 'NOT_FOUND']);
    await importLast(one, last);
    expect(await codes(other, last)).toEqual(['VALID', 'VALID']);
    await Promise.all([one.close(), other.close()]);
  });

  test('text of another form is MALFORMED while the database is down, and after an import it is SERVICE_UNAVAILABLE', async () => {
    const [before, after] = [await startTestApp(), await startTestApp()];
    await importWhole(after, newText());
    // The change row of the first form let the process read the forms.
    await verify(after, { key: newText() });
    for (const app of [before, after]) await dropDatabase(app.databaseUrl);
    expect(await codes(before, newText())).toEqual(['MALFORMED', 'MALFORMED']);
    expect(await verify(after, { key: newText() })).toEqual({ code: 'SERVICE_UNAVAILABLE', keyId: null });
    // A damaged key of Keyward is recognized without the database.
    const damaged = `${makePlaintextKey('amos').plaintextKey.slice(0, -1)}_`;
    for (const app of [before, after]) expect(await codes(app, damaged)).toEqual(['MALFORMED', 'MALFORMED']);
    await Promise.all([before.close(), after.close()]);
  });

  test('the first form is recorded as a change of everything, so that processes with cached keys read it', async () => {
    const databaseUrl = await newDatabase();
    const count = async () =>
      (
        await runSql<{ n: number }>(
          databaseUrl,
          'SELECT count(*)::int AS n FROM verification_changes WHERE num_nonnulls(key_id, owner_id, policy_id, service_token_id) = 0',
        )
      )[0]?.n ?? 0;
    const before = await count();
    await runSql(databaseUrl, "INSERT INTO import_forms (algorithm, part, created_at) VALUES ('sha256', 'whole', now())");
    expect(await count()).toBe(before + 1);
  });
});

describe('a key of another system', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ logQueries: true, env: { MAX_KEYS_PER_USER: '100' } });
    await importWhole(app, newText());
    await importLast(app, newText());
  });
  afterAll(() => app.close());

  test.each([
    ['the SHA-256 of the whole key', importWhole],
    ['the SHA-256 of its last part', importLast],
  ])('imported by %s is valid at both endpoints, and is then verified from memory like an own key', async (_case, importKey) => {
    const key = newText();
    const { id } = await importKey(app, key);
    for (const ask of Object.values(DOORS)) expect(await ask(app, { key })).toEqual({ code: 'VALID', keyId: id });
    await app.usage.flush();
    const own = await newKey(app);
    await verify(app, { key: own.key });
    const queriesFor = (presented: string) =>
      queriesOf(app, async () => expect((await verify(app, { key: presented })).code).toBe('VALID'));
    const [ofForeign, ofOwn] = [await queriesFor(key), await queriesFor(own.key)];
    const shape = (queries: string[]) =>
      queries.filter((sql) => sql.includes('verification_changes')).map((sql) => sql.includes('fingerprint'));
    expect([shape(ofForeign), shape(ofOwn)]).toEqual([[false], [false]]);
  });

  test('imported by a digest gets its fingerprint at the first use, and no other text with the same part is accepted then', async () => {
    const key = newText();
    const { id } = await importLast(app, key, 'sk_');
    const [, part] = /_([^_]*)$/.exec(key) ?? [];
    expect(await codes(app, `pk_live_${part}`)).toEqual(['NOT_FOUND', 'NOT_FOUND']);
    expect(await codes(app, key)).toEqual(['VALID', 'VALID']);
    const [row] = await runSql<{ fingerprint: string }>(
      app.databaseUrl,
      "SELECT encode(fingerprint, 'hex') AS fingerprint FROM api_keys WHERE id = $1",
      [id],
    );
    expect(row?.fingerprint).toBe(sha256(key));
    expect(await codes(app, `sk_test_${part}`)).toEqual(['NOT_FOUND', 'NOT_FOUND']);
    expect(await codes(app, key)).toEqual(['VALID', 'VALID']);
  });

  test('is valid for all of 20 first uses at once', async () => {
    const key = newText();
    await importLast(app, key);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => verify(app, { key })));
    expect(new Set(outcomes.map(({ code }) => code))).toEqual(new Set(['VALID']));
  });

  test('hashed by bcrypt is found by its unique beginning, and is compared once', async () => {
    const form: Form = { algorithm: 'BCRYPT', part: 'first:16' };
    const key = newText();
    const hash = await bcrypt.hash(key, 4);
    const { id } = await importOne(app, form, { hash, displayPrefix: key.slice(0, 16) });
    const compared = async () => Number(/^keyward_verification_bcrypt_total (\d+)$/m.exec(await app.metrics.metrics())?.[1]);
    const before = await compared();
    expect(await codes(app, changed(key))).toEqual(['NOT_FOUND', 'NOT_FOUND']);
    for (const _use of ['first', 'later']) expect(await verify(app, { key })).toEqual({ code: 'VALID', keyId: id });
    expect(await codes(app, changed(key))).toEqual(['NOT_FOUND', 'NOT_FOUND']);
    expect((await compared()) - before).toBe(2);
    const same = { hash: await bcrypt.hash(newText(), 4), displayPrefix: key.slice(0, 16) };
    await expect(importOne(app, form, same)).rejects.toThrow('hash belongs to another key');
    await expect(importOne(app, form, { ...same, displayPrefix: 'sk_live' })).rejects.toThrow(
      'displayPrefix is not the part first:16 of a key',
    );
  });

  test('hashed by bcrypt is valid at its first use, also if another text with its beginning is verified at the same time', async () => {
    const key = newText();
    await importOne(app, { algorithm: 'BCRYPT', part: 'first:16' }, { hash: await bcrypt.hash(key, 4), displayPrefix: key.slice(0, 16) });
    const outcomes = await Promise.all([key, changed(key)].map((presented) => verify(app, { key: presented })));
    expect(outcomes.map(({ code }) => code)).toEqual(['VALID', 'NOT_FOUND']);
  });

  test('is not found by the key prefix that its import generated', async () => {
    const key = newText();
    const { keyPrefix } = await importLast(app, key);
    const random = (bytes: number) => (bytes === 4 ? Buffer.from(keyPrefix.slice(5), 'hex') : randomBytes(bytes));
    await app.usage.flush();
    const queries = await queriesOf(app, async () =>
      expect((await verify(app, { key: makePlaintextKey('amos', random).plaintextKey })).code).toBe('NOT_FOUND'),
    );
    expect(queries).toHaveLength(2);
    expect(await codes(app, key)).toEqual(['VALID', 'VALID']);
  });

  test.each([
    ['SHA-256 of the whole key', importWhole],
    ['SHA-256 of its last part', importLast],
  ])('K12: imported by %s, a wrong secret and an unknown text get the same response by the same queries', async (_case, importKey) => {
    const key = newText();
    await importKey(app, key);
    await app.usage.flush();
    const answers: string[] = [];
    const ask = (presented: string) =>
      queriesOf(app, async () => answers.push((await app.send(VerifyApiKeyDocument, { input: { key: presented } })).text));
    const [wrong, unknown] = [await ask(changed(key)), await ask('completely.unknown~text_of:any=form')];
    expect(answers[0]).toBe(answers[1]);
    expect(wrong).toEqual(unknown);
    expect(wrong).toHaveLength(1);
  });

  test('that was revoked before its first use is REVOKED', async () => {
    const key = newText();
    const { id, owner } = await importLast(app, key);
    dataOf(await app.send(RevokeApiKeyDocument, { id }, owner));
    expect(await codes(app, key)).toEqual(['REVOKED', 'REVOKED']);
  });

  test('is replaced by a key of Keyward when it is rotated, before and after its first use', async () => {
    for (const isUsed of [false, true]) {
      const key = newText();
      const { id, owner } = await importLast(app, key);
      if (isUsed) expect((await verify(app, { key })).code).toBe('VALID');
      const { rotateApiKey } = dataOf(await app.send(RotateApiKeyDocument, { id, input: { gracePeriodSeconds: 60 } }, owner));
      expect(rotateApiKey.plaintextKey).toMatch(/^amos_[0-9a-f]{8}\.[\w-]{43}[0-9A-Za-z]{6}$/);
      const rotated = await app.database.apiKey.findUniqueOrThrow({ where: { id: rotateApiKey.apiKey.id } });
      expect(rotated).toMatchObject({ displayPrefix: null, importDigest: null, importFormId: null });
      expect(await codes(app, rotateApiKey.plaintextKey)).toEqual(['VALID', 'VALID']);
      expect(await codes(app, key)).toEqual(['VALID', 'VALID']);
    }
  });

  test('keeps its beginning as displayPrefix, which need not be unique', async () => {
    const [one, other] = [await importWhole(app, newText()), await importWhole(app, newText())];
    for (const { id, owner } of [one, other]) {
      const { apiKey } = dataOf(await app.send('query ($id: ID!) { apiKey(id: $id) { displayPrefix keyPrefix } }', { id }, owner)) as {
        apiKey: { displayPrefix: string };
      };
      expect(apiKey).toMatchObject({ displayPrefix: 'sk_live_' });
    }
    expect(one.keyPrefix).not.toBe(other.keyPrefix);
  });

  test.each([
    ['7 characters', 'abcdefg'],
    ['256 characters', 'a'.repeat(256)],
    ['a space', 'abcdef ghijk'],
    ['a |', '12|abcdefghijk'],
    ['a letter outside ASCII', 'abcdefghéj'],
  ])('does not have %s: such text is MALFORMED without a query', async (_case, key) => {
    await app.usage.flush();
    const queries = await queriesOf(app, async () => {
      const { verifyApiKey } = await app.ask(VerifyApiKeyDocument, { input: { key } }, undefined);
      expect(verifyApiKey.code).toBe('MALFORMED');
    });
    expect(queries).toEqual([]);
  });

  test('has 8 to 255 characters of letters, digits and . _ ~ + / = : -', async () => {
    for (const key of ['a._~+/=:', `Z9-${'b'.repeat(252)}`]) {
      await importOne(app, WHOLE, { hash: sha256(key) });
      await eventually(async () => expect(await codes(app, key)).toEqual(['VALID', 'VALID']), { withinMs: 5_000 });
    }
  });
});
