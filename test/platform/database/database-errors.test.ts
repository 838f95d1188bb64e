import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isForeignKeyViolation, isStatementTimeout, isUniqueViolation } from '../../../src/platform/database/database-errors.js';
import { startTestApp, type TestApp } from '../../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => null,
    (error: unknown) => error,
  );
const FINGERPRINT = randomBytes(32);
/** Every row has the same fingerprint. */
const insertToken = (name: string): Promise<unknown> =>
  app.database.serviceToken.create({
    data: { name, fingerprint: FINGERPRINT, permissions: [], createdAt: app.clock.now() },
  });
const insertTokenBySql = (name: string): Promise<unknown> =>
  app.database.$executeRaw`INSERT INTO service_tokens (id, name, fingerprint, permissions, created_at)
    VALUES (gen_random_uuid(), ${name}, ${FINGERPRINT}, '{}', now())`;

describe.each([
  ['a query of Prisma', insertToken],
  ['a statement', insertTokenBySql],
])('the error of %s', (_name, insert) => {
  test('is a violation of the index that has the value already, and of no other', async () => {
    await app.database.serviceToken.deleteMany();
    await insert('one');
    const error = await errorOf(insert('users_email_key 23503 57014 service_tokens_name_key'));
    expect(error).toBeInstanceOf(Error);
    // The table and the texts of the error contain `name`, and the index of the name has no such value.
    expect(isUniqueViolation(error, 'service_tokens_name_key')).toBe(false);
    expect(isUniqueViolation(error, 'users_email_key')).toBe(false);
    expect([isForeignKeyViolation(error), isStatementTimeout(error)]).toEqual([false, false]);
  });
});

test('a violation is recognised by the SQLSTATE and the name of the index', async () => {
  const policy = (id: string) => app.database.$executeRaw`INSERT INTO policies (id, name, created_at) VALUES (${id}::uuid, 'gold', now())`;
  await policy('00000000-0000-7000-8000-000000000001');
  const error = await errorOf(policy('00000000-0000-7000-8000-000000000002'));
  expect(isUniqueViolation(error, 'policies_name_key')).toBe(true);
  const sameId = await errorOf(policy('00000000-0000-7000-8000-000000000001'));
  expect(isUniqueViolation(sameId, 'policies_name_key')).toBe(false);
});

test('a quoted value that looks like an SQLSTATE is no violation and no timeout', async () => {
  const error = await errorOf(app.database.$queryRaw`SELECT ${'23503 23505 57014 users_email_key'}::int`);
  expect(error).toBeInstanceOf(Error);
  expect([isForeignKeyViolation(error), isUniqueViolation(error, 'users_email_key'), isStatementTimeout(error)]).toEqual([
    false,
    false,
    false,
  ]);
});

test('a statement that PostgreSQL cancels because of its duration is a timeout', async () => {
  const error = await errorOf(
    app.database.$transaction(async (transaction) => {
      await transaction.$executeRaw`SET LOCAL statement_timeout = 20`;
      await transaction.$queryRaw`SELECT pg_sleep(5)::text`;
    }),
  );
  expect(isStatementTimeout(error)).toBe(true);
});

test('a row that refers to no row is a violation of a foreign key', async () => {
  const error = await errorOf(
    app.database
      .$executeRaw`INSERT INTO users (id, external_id, created_at, policy_id) VALUES (gen_random_uuid(), 'ada', now(), gen_random_uuid())`,
  );
  expect(isForeignKeyViolation(error)).toBe(true);
});
