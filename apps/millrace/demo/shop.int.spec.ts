import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { compilePlan } from '#mapping';
import { Redactor } from '#observability/redaction';
import { createPostgresSource } from '#sources/postgres';
import { type TestPostgres, testPostgres } from '#testing';
import { readJob } from '#compose';
import { CHANGES, SHOWN } from './changes.js';
import { Shop } from './shop.js';
import { SHOP_JOB } from './shop-job.js';

let postgres: TestPostgres;
let shop: Shop;
beforeAll(async () => {
  postgres = await testPostgres();
  shop = await Shop.open(postgres.uri);
});
afterAll(async () => {
  await shop.close();
  await postgres[Symbol.asyncDispose]();
});

test("the demo's job file compiles against the demo's shop without a problem", async () => {
  const env = { DEMO_PG_URI: postgres.uri, DEMO_MONGO_URI: 'mongodb://h' };
  const { jobFile, positions } = await readJob(SHOP_JOB, { fileName: 'demo.yaml', env, redactor: new Redactor() });
  const source = createPostgresSource(postgres.uri);
  try {
    const { plan, problems, warnings } = compilePlan(jobFile, await source.catalogue(), positions);
    expect(problems).toBeUndefined();
    expect(warnings?.filter(({ severity }) => severity !== 'info')).toEqual([]);
    expect(plan?.nodes.map(({ path }) => path)).toEqual([
      'orders',
      'orders.customer',
      'orders.lines',
      'orders.lines.product',
      'orders.tags',
      'customers',
    ]);
  } finally {
    await source.close();
  }
});

test('the order that is shown has rows of every table, and every change runs', async () => {
  for (const { table, rows } of await shop.counts()) expect({ table, some: rows > 0 }).toEqual({ table, some: true });
  for (const { table, rows } of await shop.rowsOf(SHOWN))
    expect({ table, some: rows.length > 0 }).toEqual({ table, some: true });
  const before = await shop.rowsOf(SHOWN);
  for (const { sql } of CHANGES) await shop.change(sql);
  const after = await shop.rowsOf(SHOWN);
  expect(after[2]?.rows).toHaveLength((before[2]?.rows.length ?? 0) + 1);
});
