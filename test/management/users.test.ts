import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { UpsertUserDocument, UserDocument, UsersDocument, type UsersQueryVariables } from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { dataOf } from '../support/doors.js';
import { queriesOf } from '../support/queries.js';
import { planOf } from '../support/query-plan.js';
import { newService, type TestService } from '../support/services.js';
import { codesOf, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let reader: TestService;
let writer: TestService;
beforeAll(async () => {
  app = await startTestApp({ logQueries: true });
  [reader, writer] = [await newService(app, ['users:read']), await newService(app, ['users:write'])];
});
afterAll(() => app.close());

const send = (variables: UsersQueryVariables) => app.send(UsersDocument, variables, { token: reader.token });
const list = async (variables: UsersQueryVariables = {}) => dataOf(await send(variables)).users;
const externalIdsOf = ({ edges }: Awaited<ReturnType<typeof list>>) => edges.map(({ node }) => node.externalId);

/** Creates users with the external ids, the last one newest. */
async function create(externalIds: readonly string[], fields: object = {}) {
  for (const externalId of externalIds) {
    app.clock.advanceSeconds(1);
    await app.ask(UpsertUserDocument, { input: { externalId, ...fields } }, writer.token);
  }
}

describe('users', () => {
  test('returns all users in pages, newest first', async () => {
    await create(['page-1', 'page-2', 'page-3']);
    const first = await list({ first: 2 });
    expect(externalIdsOf(first)).toEqual(['page-3', 'page-2']);
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const second = await list({ first: 1, after: first.pageInfo.endCursor });
    expect(externalIdsOf(second)).toEqual(['page-1']);
    expect(second.pageInfo.hasPreviousPage).toBe(true);
  });

  test('finds users by the beginning of their email address, in any case, or of their external id', async () => {
    await create(['find_me-1'], { email: 'Grace@Find.example' });
    await create(['find_me-2', 'findXme-3']);
    const { user } = await app.newUser('grace.local@find.example');
    expect(externalIdsOf(await list({ filter: { search: 'find_me' } }))).toEqual(['find_me-2', 'find_me-1']);
    const byEmail = await list({ filter: { search: ' GRACE' } });
    expect(byEmail.edges.map(({ node }) => node.email)).toEqual(['grace.local@find.example', 'grace@find.example']);
    expect(byEmail.edges[0]?.node.id).toBe(user.id);
    expect(externalIdsOf(await list({ filter: { search: 'FIND_ME' } }))).toEqual([]);
    expect(externalIdsOf(await list({ filter: { search: 'find%' } }))).toEqual([]);
  });

  test('combines the fields of a filter, takes null as absent, and matches nothing by an empty list', async () => {
    await create(['combined-1', 'combined-2']);
    await runSql(app.databaseUrl, "UPDATE users SET disabled_at = now() WHERE external_id = 'combined-2'");
    expect(externalIdsOf(await list({ filter: { search: 'combined', disabled: true } }))).toEqual(['combined-2']);
    expect(externalIdsOf(await list({ filter: { search: 'combined', disabled: false } }))).toEqual(['combined-1']);
    const externalIds = ['combined-2', 'combined-1', 'unknown'];
    expect(externalIdsOf(await list({ filter: { externalIds, search: null, disabled: null } }))).toEqual(['combined-2', 'combined-1']);
    expect(externalIdsOf(await list({ filter: { externalIds, disabled: false } }))).toEqual(['combined-1']);
    expect(await list({ filter: { externalIds: [] } })).toMatchObject({ edges: [], pageInfo: { hasNextPage: false } });
    const all = await list({ first: 3 });
    expect(await list({ first: 3, filter: { search: null, externalIds: null, disabled: null } })).toEqual(all);
    expect(await list({ first: 3, filter: null })).toEqual(all);
  });

  test.each([
    ['filter.search', { filter: { search: 'a' } }],
    ['filter.search', { filter: { search: ' a ' } }],
    ['filter.search', { filter: { search: 'x'.repeat(256) } }],
    ['filter.search', { filter: { search: 'ab\u0000' } }],
    ['filter.externalIds', { filter: { externalIds: Array(101).fill('x') } }],
    ['filter.externalIds.0', { filter: { externalIds: ['\u0000'] } }],
    ['first', { first: 0 }],
    ['first', { first: 101 }],
    ['after', { after: 'x' }],
  ])('G9: rejects an invalid %s', async (path, variables) => {
    const [error] = (await send(variables)).errors;
    expect(error?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] });
  });

  test('examines at most 20,000 users for a page, and continues after them', async () => {
    const other = await startTestApp();
    const { token } = await newService(other, ['users:read']);
    await runSql(
      other.databaseUrl,
      `INSERT INTO users (id, external_id, created_at, disabled_at)
       SELECT gen_random_uuid(), 'many-' || n, to_timestamp(n), CASE WHEN n = 1 THEN now() END FROM generate_series(1, 20001) AS n`,
    );
    const page = async (variables: UsersQueryVariables) => (await other.ask(UsersDocument, variables, token)).users;
    const disabled = { disabled: true };
    const first = await page({ filter: disabled });
    expect(first).toMatchObject({ edges: [], pageInfo: { hasNextPage: true } });
    const second = await page({ filter: disabled, after: first.pageInfo.endCursor });
    expect(second.edges.map(({ node }) => node.externalId)).toEqual(['many-1']);
    expect(second.pageInfo.hasNextPage).toBe(false);
    // Too many users have the prefix to sort all of them.
    const wide = await page({ first: 1, filter: { search: 'many-' } });
    expect(wide.edges.map(({ node }) => node.externalId)).toEqual(['many-20001']);
    expect((await page({ filter: { search: 'many-20001' } })).edges).toHaveLength(1);
    await other.close();
  });

  test('reads each page by an index', async () => {
    const after = (await list({ first: 1 })).pageInfo.endCursor;
    for (const [variables, index] of [
      [{}, 'users_created_at_id_idx'],
      [{ after }, 'users_created_at_id_idx'],
      [{ filter: { search: 'find' } }, 'users_email_search_idx'],
      [{ filter: { search: 'find' } }, 'users_external_id_search_idx'],
      [{ filter: { externalIds: ['find_me-1'] } }, 'users_external_id_'],
    ] satisfies [UsersQueryVariables, string][]) {
      const queries = await queriesOf(app, () => list(variables));
      const plans = [];
      for (const sql of queries.filter((each) => /FROM users/.test(each) && /created_at AS at/.test(each))) {
        plans.push(await planOf(app.databaseUrl, sql));
      }
      expect(plans.join('\n')).toContain(index);
    }
  });
});

describe('user', () => {
  const one = (variables: object) => app.send(UserDocument, variables, { token: reader.token });

  test('returns a user by id or by external id, disabled or not', async () => {
    await create(['one'], { email: 'one@example.com', trustedMetadata: { plan: 'pro' } });
    const byExternalId = dataOf(await one({ externalId: 'one' })).user;
    expect(byExternalId).toMatchObject({ email: 'one@example.com', externalId: 'one', disabledAt: null, trustedMetadata: { plan: 'pro' } });
    expect(dataOf(await one({ id: byExternalId?.id })).user).toEqual(byExternalId);
  });

  test('returns NOT_FOUND for an unknown user', async () => {
    for (const variables of [
      { externalId: 'unknown' },
      { externalId: '\u0000' },
      { id: 'x' },
      { id: '01a20538-5745-77c0-8216-711042d53509' },
    ]) {
      expect(codesOf(await one(variables))).toEqual(['NOT_FOUND']);
    }
  });

  test('rejects both ids, or none', async () => {
    for (const variables of [{}, { id: null, externalId: null }, { id: 'x', externalId: 'y' }]) {
      expect(codesOf(await one(variables))).toEqual(['BAD_USER_INPUT']);
    }
  });
});
