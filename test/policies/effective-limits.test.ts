import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';
import { effectiveExpiry, effectiveScopes } from '../../src/policies/effective-limits.js';
import { effectiveExpirySql } from '../../src/policies/policy-sql.js';
import { grantableScopes, isScopeGranted } from '../../src/policies/scopes.js';
import { dropDatabase, newDatabase } from '../support/database.js';

const SCOPES = ['a', 'b', 'a:b', 'a:b:c', 'b:c', 'a:', ':', 'a:*', 'a:b:*', 'b:*', ':*'];
const LIST = fc.subarray(SCOPES);

describe('the effective scopes', () => {
  test('grant exactly what the key and the policy both grant', () => {
    fc.assert(
      fc.property(LIST, LIST, (granted, scopes) => {
        const effective = effectiveScopes(granted, { scopes });
        for (const demand of [...SCOPES, 'a:x', 'a:b:x', 'c']) {
          expect(isScopeGranted(effective, demand)).toBe(isScopeGranted(granted, demand) && isScopeGranted(scopes, demand));
        }
        expect(new Set(effective).size).toBe(effective.length);
        expect(effective.every((scope) => granted.includes(scope) || scopes.includes(scope))).toBe(true);
      }),
    );
  });

  test.each([
    [['a:*'], ['a:b'], ['a:b']],
    [['a:b'], ['a:*'], ['a:b']],
    [['a:b', 'c'], ['a:b'], ['a:b']],
    [
      ['a:*', 'a:b'],
      ['a:b', 'a:*'],
      ['a:b', 'a:*'],
    ],
    [['a'], ['b'], []],
    [['a'], [], []],
    [['a'], null, ['a']],
  ])('of %j under a policy with %j are %j', (granted, scopes, expected) => {
    expect(effectiveScopes(granted, { scopes })).toEqual(expected);
  });
});

describe('the scopes that can be granted', () => {
  test.each([
    [[], null, null],
    [[], ['a:*'], ['a:*']],
    [['a', 'b'], null, ['a', 'b']],
    [['a:b', 'a:*', 'c'], ['a:b', 'c:*'], ['a:b']],
  ])('with the catalogue %j and a policy with %j are %j', (catalogue, permitted, expected) => {
    expect(grantableScopes(catalogue, permitted)).toEqual(expected);
  });
});

describe('the effective expiry', () => {
  let url: string;
  let client: pg.Client;
  beforeAll(async () => {
    url = await newDatabase();
    client = new pg.Client({ connectionString: url });
    await client.connect();
    // Summer time begins and ends in some of the intervals, which must not change their length.
    await client.query(`SET TIME ZONE 'Europe/Berlin'`);
  });
  afterAll(async () => {
    await client.end();
    await dropDatabase(url);
  });

  test('is the same in code and in SQL', async () => {
    const time = fc.date({ min: new Date('2020-01-01Z'), max: new Date('2040-01-01Z'), noInvalidDate: true });
    const key = fc.record({ createdAt: time, importedAt: fc.option(time), expiresAt: fc.option(time) });
    const days = fc.option(fc.integer({ min: 1, max: 3_650 }));
    const inSql = async (of: { createdAt: Date; importedAt: Date | null; expiresAt: Date | null }, keyLifetimeDaysMax: number | null) => {
      const { rows } = await client.query<{ expiry: Date | null }>(
        `SELECT ${effectiveExpirySql('k')} AS expiry
         FROM (SELECT $1::timestamptz AS created_at, $2::timestamptz AS imported_at, $3::timestamptz AS expires_at) AS k,
           (SELECT $4::int AS key_lifetime_days_max) AS p`,
        [of.createdAt, of.importedAt, of.expiresAt, keyLifetimeDaysMax],
      );
      return rows[0]?.expiry;
    };
    await fc.assert(
      fc.asyncProperty(key, days, async (of, keyLifetimeDaysMax) => {
        expect(await inSql(of, keyLifetimeDaysMax)).toEqual(effectiveExpiry(of, { keyLifetimeDaysMax }));
      }),
      { numRuns: 300 },
    );
  });
});
