import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { IncarnationNames } from '#stage';
import type { Store } from '#store';
import { openMongoStore } from '#store/mongodb';
import { type TestMongo, testMongo } from '#testing';
import { type Letter, letterId } from '#write';
import type { LetterFilter } from './commands.js';
import { letterPage } from './letter-pages.js';

const { letters: LETTERS } = new IncarnationNames({ incarnation: 1, incarnationId: 'a' });
const MANY = 12_000;

let mongo: TestMongo;
let store: Store;

beforeAll(async () => {
  mongo = await testMongo();
  const { uri, database } = mongo;
  store = await openMongoStore({ uri, stateDatabase: database, targetDatabase: database, appName: 'test' });
  const letters = Array.from({ length: MANY }, (_, n) => letter(n));
  for (let i = 0; i < MANY; i += 1_000) await store.write.insert(LETTERS, letters.slice(i, i + 1_000));
});
afterAll(async () => {
  await store.close();
  await mongo[Symbol.asyncDispose]();
});

function letter(n: number): Letter {
  const collection = n % 3 === 0 ? 'orders' : 'customers';
  const at = new Date(n);
  return {
    _id: letterId(collection, `N${n}`),
    collection,
    collectionIndex: n % 3 === 0 ? 0 : 1,
    root: `N${n}`,
    key: { id: String(n) },
    code: n % 4 === 0 ? 'NUMERIC_TOO_LARGE' : 'ID_TAKEN',
    message: n === 7_777 ? 'the Needle' : 'hay',
    path: `${collection}.total`,
    row: null,
    attempts: 1,
    firstAt: at,
    lastAt: at,
    nextAt: null,
    waits: null,
    partition: 0,
  };
}

async function allPages(filter: LetterFilter, limit: number): Promise<{ ids: string[]; pages: number }> {
  const ids: string[] = [];
  let pages = 0;
  for (let after: string | undefined; ; pages++) {
    const page = await letterPage(store.read, LETTERS, filter, { after, limit });
    expect(page.found.length).toBeLessThanOrEqual(limit);
    ids.push(...page.found.map(({ _id }) => _id));
    if (page.next === null) return { ids, pages: pages + 1 };
    after = page.next;
  }
}

describe('pages of very many letters', () => {
  test.each<[LetterFilter, number]>([
    [{}, MANY],
    [{ collection: 'orders' }, MANY / 3],
    [{ code: 'NUMERIC_TOO_LARGE' }, MANY / 4],
    [{ collection: 'orders', code: 'NUMERIC_TOO_LARGE' }, MANY / 12],
    [{ text: 'NEEDLE' }, 1],
    [{ text: '11999' }, 1],
    [{ code: 'NOBODY' }, 0],
  ])('with %j have each that passes, once', async (filter, count) => {
    const { ids } = await allPages(filter, 700);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(count);
    expect(ids).toEqual([...ids].sort());
  });

  test('look at a bounded number of letters each, however rare what is searched for', async () => {
    const { pages } = await allPages({ text: 'nowhere' }, 10);
    expect(pages).toBe(2);
  });
});
