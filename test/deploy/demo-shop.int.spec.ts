import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type TestMongo, type TestPostgres, testMongo, testPostgres } from '#testing';
import { type CliContext, cliContext } from '../e2e/run-cli.js';

jest.setTimeout(240_000);

const DEMO = new URL('../../deploy/demo/', import.meta.url);

let cli: CliContext;
let postgres: TestPostgres;
let mongo: TestMongo;
let file: string;
let variables: Record<string, string>;
beforeAll(async () => {
  [cli, postgres, mongo] = await Promise.all([cliContext(), testPostgres(), testMongo()]);
  await postgres.exec(await readFile(new URL('shop.sql', DEMO), 'utf8'));
  const text = await readFile(new URL('shop.yaml', DEMO), 'utf8');
  const own = { 'job: shop': `job: ${mongo.job}`, 'database: shop': `database: ${mongo.database}` };
  const ownText = text.replace(/^job: shop|database: shop$/gm, (line) => own[line as keyof typeof own]);
  file = await cli.file('shop.yaml', ownText);
  variables = { SHOP_PG_URI: postgres.uri, SHOP_MONGO_URI: mongo.uri };
});
afterAll(async () => {
  await cli.run(['reset', '--yes', file], variables);
  await postgres[Symbol.asyncDispose]();
  await mongo[Symbol.asyncDispose]();
  await cli[Symbol.asyncDispose]();
});

describe("the demo's shop", () => {
  test('has a job file that check finds no fault with', async () => {
    const { code, json } = await cli.run(['check', file, '--json'], variables);
    const [{ findings }] = json as [{ findings: { severity: string; object: string }[] }];
    const ofTheShop = findings.filter(({ object }) => !['source', 'target'].includes(object));
    expect({ code, faults: ofTheShop.filter(({ severity }) => severity !== 'info') }).toEqual({ code: 0, faults: [] });
  });

  test('becomes documents that verify calls equal', async () => {
    expect((await cli.run(['run', '--until-synced', file], variables)).code).toBe(0);
    const { code, json } = await cli.run(['verify', file, '--json'], variables);
    expect({ code, json }).toMatchObject({ code: 0, json: [{ equal: 18_300, different: 0, missing: 0, extra: 0 }] });
    const order = await mongo.db.collection('orders').findOne({ 'customer.city': 'Turin' });
    expect(order).toMatchObject({ status: expect.any(String), placedAt: expect.any(Date) });
    expect(order?.['lines'][0]).toMatchObject({ lineNo: 1, product: { sku: expect.stringMatching(/^SKU-\d{4}$/) } });
  });
});
