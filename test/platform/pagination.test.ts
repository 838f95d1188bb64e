import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { Cursors, type Found, type ListOwner, type Page, type Position } from '../../src/platform/pagination.js';

const cursors = new Cursors([randomBytes(32)]);
const OWNER: ListOwner = { list: 'audit-log', ownerId: 'ada' };

/** Five items, newest first. */
const ITEMS = [5, 4, 3, 2, 1].map((n) => ({ node: n, position: { at: new Date(n * 1_000), id: uuidv7({ msecs: n * 1_000 }) } }));

const after = (position: Position | null) => ITEMS.filter(({ position: { at } }) => position === null || at < position.at);
const findAll = async (position: Position | null, limit: number): Promise<Found<number>> => ({ items: after(position).slice(0, limit) });

/** Looks at two items only, and finds the even ones among them. */
async function findEven(position: Position | null): Promise<Found<number>> {
  const examined = after(position).slice(0, 2);
  const last = examined.length === 2 ? examined.at(-1)?.position : undefined;
  return { items: examined.filter(({ node }) => node % 2 === 0), stoppedAt: last ?? null };
}

const nodesOf = ({ edges }: { edges: { node: number }[] }) => edges.map(({ node }) => node);

describe('a page of a list', () => {
  test('has the cursors of its first and last item, and reports whether the list has items before and after it', async () => {
    const first = await cursors.page(OWNER, { first: 3, after: null }, findAll);
    expect(nodesOf(first)).toEqual([5, 4, 3]);
    const [startCursor, , endCursor] = first.edges.map(({ cursor }) => cursor);
    expect(first.pageInfo).toEqual({ hasNextPage: true, hasPreviousPage: false, startCursor, endCursor });
    const last = await cursors.page(OWNER, { first: 3, after: first.pageInfo.endCursor }, findAll);
    expect(nodesOf(last)).toEqual([2, 1]);
    expect(last.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true, startCursor: last.edges[0]?.cursor });
  });

  test('has no cursors if it is empty and the list does not continue', async () => {
    const { pageInfo } = await cursors.page(OWNER, { first: 3, after: null }, async () => ({ items: [] }));
    expect(pageInfo).toEqual({ hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null });
  });

  test('can be short or empty if the search stopped early, and the next page begins where it stopped', async () => {
    const found: number[][] = [];
    for (let position: string | null = null, more = true; more; ) {
      const page: Page<number> = await cursors.page(OWNER, { first: 3, after: position }, findEven);
      found.push(nodesOf(page));
      more = page.pageInfo.hasNextPage;
      position = page.pageInfo.endCursor;
    }
    expect(found).toEqual([[4], [2], []]);
  });

  test('K6: accepts no cursor of another list or another owner', async () => {
    const cursor = (await cursors.page(OWNER, { first: 1, after: null }, findAll)).pageInfo.endCursor;
    for (const owner of [
      { ...OWNER, ownerId: 'eve' },
      { ...OWNER, list: 'api-key-events' as const },
    ]) {
      await expect(cursors.page(owner, { first: 1, after: cursor }, findAll)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    }
  });
});
