import { expect, test } from '@jest/globals';
import { readJobFile } from '../job-file/read-job-file.js';
import { shopCatalogue } from '../testing/shop-catalogue.js';
import { furtherProblems } from './compile-plan.js';

const FILE = `job: shop
source: { kind: postgres, uri: "postgres://h/d" }
target: { uri: "mongodb://h", database: shop }
mod: snapshot
collections:
  orders:
    table: orders
    feilds: { rename: { status: customer } }
    fields: { types: { year: int }, only: [statos] }
    embed:
      customer: { one: customers }
      lines: { many: order_line, limit: 3 }
      tags: { many: order_tags, limit: none, on: { nope: id } }
`;

test('a refused file still has its unknown tables and columns found, and nothing that the faults may have caused', () => {
  const read = readJobFile(FILE, { fileName: 'shop.yaml', env: {}, readSecretFile: () => '' });
  expect(read.problems?.map((p) => p.path)).toEqual([
    'mod',
    'collections.orders.feilds',
    'collections.orders.embed.tags.limit',
  ]);
  if (read.jobFile || !read.partial) throw new Error('the file has faults, and a rest');
  expect(furtherProblems(read.partial, shopCatalogue()).map((p) => `${p.line} ${p.code} ${p.path}`)).toEqual([
    '9 UNKNOWN_COLUMN collections.orders.fields.only[0]',
    '12 UNKNOWN_TABLE collections.orders.embed.lines.many',
  ]);
});
