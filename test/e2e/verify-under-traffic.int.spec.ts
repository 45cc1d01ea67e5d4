import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Double } from 'bson';
import { type TestMongo, type TestPostgres, testMongo, testPostgres, waitFor } from '#testing';
import { type CliContext, cliContext, type StartedCli } from './run-cli.js';

jest.setTimeout(240_000);
const SLOWLY = { timeoutMs: 120_000 };

/** While rows change, and change back, as fast as the source takes it: no right document is called wrong, no wrong one right. */

interface Report {
  equal: number;
  different: number;
  missing: number;
  extra: number;
  repaired?: number;
  documents: { collection: string; id: unknown; kind: string; path?: string }[];
}

const ORDERS = 40;
const WRITERS = 3;

let cli: CliContext;
let postgres: TestPostgres;
let mongo: TestMongo;
let file = '';
let running: StartedCli;

beforeAll(async () => {
  [cli, postgres, mongo] = await Promise.all([cliContext(), testPostgres(), testMongo()]);
  await postgres.exec(`
    CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL);
    CREATE TABLE orders (id int PRIMARY KEY, customer_id int, status text NOT NULL, code text NOT NULL, ratio double precision);
    CREATE TABLE lines (id int PRIMARY KEY, order_id int, sku text);
    CREATE TABLE steady (id int PRIMARY KEY, note text);
    INSERT INTO customers SELECT i, 'c' || i FROM generate_series(0, 4) i;
    INSERT INTO orders SELECT i, i % 5, 's0', 'code' || i, 0 FROM generate_series(1, ${ORDERS}) i;
    INSERT INTO lines SELECT i, 1 + i % ${ORDERS}, 'sku' || i FROM generate_series(1, 80) i;
    INSERT INTO steady SELECT i, 'n' || i FROM generate_series(1, 3000) i;
  `);
  file = await cli.file(
    'traffic.yaml',
    `job: ${mongo.job}
source: { kind: postgres, uri: "\${SHOP_PG_URI}" }
target: { uri: "\${SHOP_MONGO_URI}", database: ${mongo.database} }
collections:
  orders:
    table: public.orders
    where: "columns.status !== 'draft'"
    embed:
      customer: { one: public.customers, on: { id: customer_id } }
      lines: { many: public.lines, on: { order_id: id }, fields: { omit: [order_id] } }
  codes: { table: public.orders, id: code, fields: [status] }
  steady: { table: public.steady }
`,
  );
  running = cli.start(['run', file], env());
  await waitFor(async () => {
    const [status] = (await cli.run(['status', file, '--json'], env())).json as [{ phase: string }];
    return status.phase === 'streaming';
  }, SLOWLY);
});

afterAll(async () => {
  running?.host.send('SIGTERM');
  await running?.ended;
  await cli.run(['reset', '--yes', file], env());
  await Promise.all([postgres[Symbol.asyncDispose](), mongo[Symbol.asyncDispose](), cli[Symbol.asyncDispose]()]);
});

const env = (): Record<string, string> => ({ SHOP_PG_URI: postgres.uri, SHOP_MONGO_URI: mongo.uri });

async function verify(...options: string[]): Promise<{ code: number; report: Report }> {
  const { code, json, err } = await cli.run(['verify', ...options, file, '--json'], env());
  if (code !== 0 && code !== 3) throw new Error(err);
  return { code, report: json.at(-1) as Report };
}

/** Several connections that move, toggle, delete and bring back rows without a pause; gives how many statements they did. */
function traffic(seed: number): { stop(): Promise<number> } {
  let state = seed;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  let stopped = false;
  let done = 0;
  const writer = async () => {
    while (!stopped) {
      // Two writers may move to one key: one of them fails.
      await postgres.query(statement(random)).then(
        () => done++,
        () => undefined,
      );
    }
  };
  const writers = Array.from({ length: WRITERS }, writer);
  return {
    async stop() {
      stopped = true;
      await Promise.all(writers);
      return done;
    },
  };
}

function statement(random: (below: number) => number): string {
  const order = 1 + random(ORDERS);
  const other = random(2) === 0 ? 1_000 + random(5) : 1 + random(ORDERS);
  const [from, to] = random(2) === 0 ? [order, other] : [other, order];
  switch (random(7)) {
    case 0:
      return `UPDATE orders SET status = CASE status WHEN 's0' THEN 's1' ELSE 's0' END WHERE id = ${order}`;
    case 1:
      return `UPDATE orders SET status = CASE status WHEN 'draft' THEN 's0' ELSE 'draft' END WHERE id = ${order}`;
    case 2:
      return `UPDATE lines SET order_id = ${order} WHERE id = ${1 + random(80)}`;
    case 3:
      return `DELETE FROM lines WHERE id = ${1 + random(80)}`;
    case 4:
      return `INSERT INTO lines VALUES (${1 + random(80)}, ${order}, 'sku') ON CONFLICT (id) DO UPDATE SET order_id = ${order}`;
    case 5:
      return `UPDATE customers SET name = 'c' || ${random(2)} WHERE id = ${random(5)}`;
    default:
      return `UPDATE orders SET id = ${to} WHERE id = ${from} AND NOT EXISTS (SELECT FROM orders WHERE id = ${to})`;
  }
}

/** Rows that are never at rest take all of the rounds, each of which waits for a marker to drain. */
const LONG_MS = 240_000;

describe('verification while the source changes', () => {
  test.each([1, 2])(
    'calls no right document wrong (%i)',
    async (seed) => {
      const writing = traffic(seed);
      const { report } = await verify();
      expect(await writing.stop()).toBeGreaterThan(10);
      expect(report).toMatchObject({ different: 0, missing: 0, extra: 0 });
      expect(report.equal).toBeGreaterThan(3_000);
    },
    LONG_MS,
  );

  test(
    'finds what is wrong, and nothing else',
    async () => {
      const steady = mongo.db.collection('steady');
      await steady.updateOne({ _id: 7 as never }, { $set: { note: 'wrong' } });
      await steady.deleteOne({ _id: 8 as never });
      await steady.insertOne({ _id: 9_999 as never });
      await steady.insertOne({ _id: 'odd' as never });
      const writing = traffic(4);
      const { code, report } = await verify();
      await writing.stop();
      expect(code).toBe(3);
      expect(report).toMatchObject({ different: 1, missing: 1, extra: 2 });
      expect(report.documents.map(({ collection, kind, path }) => [collection, kind, path])).toEqual([
        ['steady', 'different', 'note'],
        ['steady', 'missing', undefined],
        ['steady', 'extra', undefined],
        ['steady', 'extra', undefined],
      ]);
    },
    LONG_MS,
  );

  test(
    'repairs it meanwhile',
    async () => {
      const writing = traffic(5);
      const { report } = await verify('--repair');
      await writing.stop();
      expect(report).toMatchObject({ different: 0, missing: 0, extra: 0, repaired: 4 });
    },
    LONG_MS,
  );

  test('and when it is quiet everything is equal', async () => {
    const { code, report } = await verify();
    expect(report).toMatchObject({ different: 0, missing: 0, extra: 0, documents: [] });
    expect(code).toBe(0);
  });
});

describe('verification of a quiet source', () => {
  test('repairs a document by whatever is wrong with it', async () => {
    const orders = mongo.db.collection('orders');
    const [some] = await orders
      .find({ 'lines.0': { $exists: true } })
      .limit(1)
      .toArray();
    expect(some).toBeDefined();
    await orders.updateOne({ _id: some?._id as never }, { $set: { ratio: new Double(-0), 'lines.0.id': 'text' } });
    const [other] = await orders
      .find({ _id: { $ne: some?._id as never } })
      .limit(1)
      .toArray();
    await orders.deleteOne({ _id: other?._id as never });
    expect((await verify()).report).toMatchObject({ different: 1, missing: 1, extra: 0 });
    const { code, report } = await verify('--repair');
    expect(report).toMatchObject({ different: 0, missing: 0, extra: 0, repaired: 2 });
    expect(code).toBe(0);
  });
});
