import { expect, test } from '@jest/globals';
import { readJobFile } from '../job-file/read-job-file.js';
import { shopCatalogue } from '../testing/shop-catalogue.js';
import { furtherProblems } from './compile-plan.js';

function problemsOf(file: string): { read: string[]; further: string[] } {
  const read = readJobFile(file, { fileName: 'shop.yaml', env: {}, readSecretFile: () => '' });
  if (read.jobFile || !read.partial) throw new Error('the file has faults, and a rest');
  return {
    read: read.problems.map((p) => p.path),
    further: furtherProblems(read.partial, shopCatalogue()).map((p) => `${p.line} ${p.code} ${p.path}`),
  };
}

const HEAD = `job: shop
source: { kind: postgres, uri: "postgres://h/d" }
target: { uri: "mongodb://h", database: shop }
`;

test('a refused file still has its unknown tables and columns found, and nothing that the faults may have caused', () => {
  const { read, further } = problemsOf(`${HEAD}mod: snapshot
collections:
  orders:
    table: orders
    feilds: { rename: { status: customer } }
    fields: { types: { year: int }, only: [statos] }
    embed:
      customer: { one: customers }
      lines: { many: order_line, limit: 3 }
      tags: { many: order_tags, limit: none, on: { nope: id } }
`);
  expect(read).toEqual(['mod', 'collections.orders.feilds', 'collections.orders.embed.tags.limit']);
  expect(further).toEqual([
    '9 UNKNOWN_COLUMN collections.orders.fields.only[0]',
    '12 UNKNOWN_TABLE collections.orders.embed.lines.many',
    '13 UNKNOWN_COLUMN collections.orders.embed.tags.on.nope',
  ]);
});

test('a name given twice is found where no fault of its node may be the cause', () => {
  const { read, further } = problemsOf(`${HEAD}mod: snapshot
collections:
  orders:
    table: orders
    id: id
    feilds: { rename: { total: sum } }
    embed:
      total: { many: order_tags }
  customers:
    table: customers
    where: 5
    embed:
      name: { many: orders }
`);
  expect(read).toEqual(['mod', 'collections.orders.feilds', 'collections.customers.where']);
  expect(further.filter((text) => text.includes('FIELD_TWICE'))).toEqual([
    '16 FIELD_TWICE collections.customers.embed.name',
  ]);
});
