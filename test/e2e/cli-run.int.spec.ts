import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type TestMongo, type TestPostgres, testMongo, testPostgres, waitFor } from '#testing';
import { type CliContext, type CliResult, cliContext } from './run-cli.js';

jest.setTimeout(240_000);
const SLOWLY = { timeoutMs: 120_000 };

/** The life of a job, told by its commands in the order in which a user gives them. */

let cli: CliContext;
let postgres: TestPostgres;
let mongo: TestMongo;
let file = '';
let job = '';

beforeAll(async () => {
  [cli, postgres, mongo] = await Promise.all([cliContext(), testPostgres(), testMongo()]);
  job = mongo.job;
  await postgres.exec(`
    CREATE TABLE customers (id int PRIMARY KEY, name text);
    CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers, total numeric(10,2), ratio numeric);
    INSERT INTO customers SELECT i, 'customer ' || i FROM generate_series(1, 20) i;
    INSERT INTO orders SELECT i, 1 + i % 20, i * 1.5, 1 FROM generate_series(1, 200) i;
  `);
  file = await cli.file(
    'shop.yaml',
    `job: ${job}
source: { kind: postgres, uri: "\${SHOP_PG_URI}" }
target: { uri: "\${SHOP_MONGO_URI}", database: ${mongo.database} }
collections:
  orders:
    table: public.orders
    embed:
      customer: { one: public.customers }
`,
  );
});
afterAll(async () => {
  await run('reset', '--yes', file);
  await Promise.all([postgres[Symbol.asyncDispose](), mongo[Symbol.asyncDispose](), cli[Symbol.asyncDispose]()]);
});

const env = (): Record<string, string> => ({ SHOP_PG_URI: postgres.uri, SHOP_MONGO_URI: mongo.uri });
const run = (...args: string[]): Promise<CliResult> => cli.run(args, env());
const orders = () => mongo.client.db(mongo.database).collection<{ _id: number; total: unknown }>('orders');

describe('a job', () => {
  test('that has never run says so', async () => {
    const { code, json } = await run('status', file, '--json');
    expect(code).toBe(0);
    expect(json).toEqual([
      { job, phase: 'none', running: false, tables: [], lagSeconds: null, deadLetters: 0, retainedBytes: null },
    ]);
    expect((await run('dead-letters', 'list', file, '--json')).json).toEqual([[]]);
  });

  test('is checked: ready, with findings as JSON', async () => {
    const { code, json } = await run('check', file, '--json');
    expect(code).toBe(0);
    const [{ findings }] = json as [{ findings: { severity: string }[] }];
    expect(findings).toContainEqual(expect.objectContaining({ severity: 'info', code: 'TARGET_KEEPS_HISTORY' }));
    for (const finding of findings) {
      expect(Object.keys(finding).sort()).toEqual(['code', 'fix', 'message', 'object', 'severity']);
      expect(finding.severity).not.toBe('blocker');
    }
  });

  test('is previewed from real rows, and nothing is written', async () => {
    const { code, json } = await run('preview', file, '--limit', '1', '--json');
    expect(code).toBe(0);
    expect(json).toEqual([
      [
        {
          collection: 'orders',
          document: {
            _id: { $numberInt: '1' },
            customer_id: { $numberInt: '2' },
            total: { $numberDecimal: '1.50' },
            ratio: { $numberDecimal: '1' },
            customer: { id: { $numberInt: '2' }, name: 'customer 2' },
          },
        },
      ],
    ]);
    expect(await orders().countDocuments()).toBe(0);
  });

  test('runs until it is synced, with progress on the way', async () => {
    const { code, json } = await run('run', '--until-synced', '--json', file);
    expect(code).toBe(0);
    expect(json.at(-1)).toEqual({ kind: 'outcome', outcome: 'done' });
    expect(json).toContainEqual({ kind: 'phase', phase: 'loading' });
    expect(json).toContainEqual({ kind: 'phase', phase: 'streaming' });
    expect(await orders().countDocuments()).toBe(200);
  });

  test('shows what the mapping makes and what is there as one', async () => {
    const { code, json } = await run('verify', file, '--json');
    expect(code).toBe(0);
    expect(json).toEqual([
      { equal: 200, different: 0, missing: 0, extra: 0, edited: 0, deadLetters: 0, documents: [] },
    ]);
  });

  test('resumes, follows changes until it is stopped, and stops with 0', async () => {
    const { host, ended } = cli.start(['run', file], env());
    await waitFor(() => host.err.includes('following changes'), SLOWLY);
    await postgres.exec("UPDATE customers SET name = 'changed' WHERE id = 2; DELETE FROM orders WHERE id = 200");
    await waitFor(async () => (await orders().countDocuments({ 'customer.name': 'changed' } as object)) === 10, SLOWLY);
    await waitFor(async () => (await orders().countDocuments()) === 199, SLOWLY);
    const status = await run('status', file, '--json');
    expect(status.json).toEqual([expect.objectContaining({ phase: 'streaming', running: true, deadLetters: 0 })]);
    host.send('SIGTERM');
    expect(await ended).toBe(0);
    expect((await run('status', file)).out).toContain('not running');
  });

  test('has differences found with 3, and repaired', async () => {
    await orders().updateOne({ _id: 7 }, { $set: { total: 'tampered' } });
    await orders().deleteOne({ _id: 8 });
    await orders().insertOne({ _id: 7777, total: 1 });
    const found = await run('verify', file, '--json');
    expect(found.code).toBe(3);
    expect(found.json).toEqual([expect.objectContaining({ equal: 197, different: 1, missing: 1, extra: 1 })]);
    const [{ documents }] = found.json as [{ documents: object[] }];
    expect(documents).toContainEqual(
      expect.objectContaining({
        collection: 'orders',
        id: { $numberInt: '7' },
        kind: 'different',
        path: 'total',
        found: 'tampered',
      }),
    );
    expect(await run('verify', '--repair', file)).toMatchObject({ code: 0 });
    expect(await run('verify', file)).toMatchObject({ code: 0 });
  });

  test('makes a dead letter of what does not fit, which is listed, edited and gone', async () => {
    await postgres.exec('UPDATE orders SET ratio = 1.2345678901234567890123456789012345678 WHERE id = 9');
    expect(await run('run', '--until-synced', file)).toMatchObject({ code: 0 });
    const listed = await run('dead-letters', 'list', file, '--json');
    const [[letter]] = listed.json as [[{ id: string }]];
    expect(letter).toEqual({
      id: expect.any(String),
      collection: 'orders',
      key: { id: '9' },
      code: expect.any(String),
      message: expect.any(String),
      attempts: expect.any(Number),
      firstAt: expect.any(String),
      lastAt: expect.any(String),
    });
    expect(await run('verify', file)).toMatchObject({ code: 3 });
    expect((await run('dead-letters', 'show', letter.id, file, '--json')).json).toHaveLength(1);
    expect(await run('dead-letters', 'replay', file, '--id', letter.id)).toMatchObject({ code: 1 });
    expect(await run('dead-letters', 'edit', letter.id, file, '--set', 'ratio=much')).toMatchObject({ code: 2 });
    expect(await run('dead-letters', 'edit', letter.id, file, '--set', 'ratio=1.25')).toMatchObject({ code: 0 });
    expect(await run('dead-letters', 'replay', file, '--id', letter.id)).toMatchObject({ code: 0 });
    expect((await run('dead-letters', 'list', file, '--json')).json).toEqual([[]]);
    expect((await run('verify', file, '--json')).json).toEqual([
      expect.objectContaining({ edited: 1, deadLetters: 0, different: 0 }),
    ]);
  });

  test('is completed, and leaves its documents and nothing else', async () => {
    expect(await run('complete', file)).toMatchObject({ code: 0 });
    expect(
      await postgres.query('SELECT slot_name FROM pg_replication_slots WHERE database = current_database()'),
    ).toEqual([]);
    expect(await postgres.query('SELECT pubname FROM pg_publication')).toEqual([]);
    expect(await orders().countDocuments()).toBe(199);
  });
});
