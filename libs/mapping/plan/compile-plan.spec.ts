import { describe, expect, test } from '@jest/globals';
import { compileYaml, nodeOf, planOf, problemsOf } from '../testing/compile-fixture.js';
import { int, shopCatalogue, table, text } from '../testing/shop-catalogue.js';

const CONTRACT = `orders:
  table: public.orders
  id: id
  fields:
    omit: [internal_note]
    rename: { placed_at: placedAt }
    types: { total: decimal }
    computed: { year: "columns.placed_at.getUTCFullYear()" }
  where: "columns.status !== 'draft'"
  embed:
    customer:
      one: public.customers
      on: { id: customer_id }
      fields: [id, name]
    lines:
      many: public.order_lines
      on: { order_id: id }
      sort: [line_no]
      limit: 500
      fields: { omit: [order_id] }
      embed:
        product: { one: public.products, on: { id: product_id }, flatten: true, prefix: product_ }
    tags:
      many: public.order_tags
      on: { order_id: id }
      value: tag`;

describe('the job file of the contract', () => {
  const plan = planOf(CONTRACT);

  test('becomes nodes whose parents come before their children', () => {
    expect(plan.nodes.map((node) => [node.id, node.path, node.kind, node.name, node.parent, node.children])).toEqual([
      [0, 'orders', 'root', '', null, [1, 2, 4]],
      [1, 'orders.customer', 'one', 'customer', 0, []],
      [2, 'orders.lines', 'many', 'lines', 0, [3]],
      [3, 'orders.lines.product', 'one', '', 2, []],
      [4, 'orders.tags', 'many', 'tags', 0, []],
    ]);
    expect(plan.collections).toEqual([
      { index: 0, name: 'orders', root: 0, nodes: [0, 1, 2, 3, 4], id: { kind: 'column', column: 0 }, claims: false },
    ]);
  });

  test('has columns in table order, then computed ones, renamed and without those of _id', () => {
    expect(nodeOf(plan, 'orders').fieldNames).toEqual(['customer_id', 'status', 'placedAt', 'total', 'year']);
    expect(nodeOf(plan, 'orders').fields.find((field) => field.name === 'total')?.type).toBe('decimal');
  });

  test("writes a flattened column once where `on` makes it equal to the parent's of the same name", () => {
    expect(nodeOf(plan, 'orders.lines').fieldNames).toEqual(['line_no', 'product_id', 'quantity']);
    expect(nodeOf(plan, 'orders.lines.product').fieldNames).toEqual(['product_name', 'product_price']);
  });

  test('keeps sort, limit, value and expressions', () => {
    const lines = nodeOf(plan, 'orders.lines');
    expect([lines.sort, lines.limit]).toEqual([[{ column: 1, descending: false }], 500]);
    expect(nodeOf(plan, 'orders.tags').value).toEqual({ kind: 'column', field: { name: 'tag', column: 1 } });
    expect(nodeOf(plan, 'orders')).toMatchObject({
      where: 0,
      expressions: ["columns.status !== 'draft'", 'columns.placed_at.getUTCFullYear()'],
      computed: [{ name: 'year', expression: 1 }],
    });
  });

  test('keeps only the columns in use, and all of a table with expressions', () => {
    const columns = Object.fromEntries(plan.tables.map((t) => [t.name, t.columns.map((c) => c.name)]));
    expect(columns).toEqual({
      orders: ['id', 'customer_id', 'status', 'placed_at', 'total', 'internal_note'],
      customers: ['id', 'name'],
      order_lines: ['order_id', 'line_no', 'product_id', 'quantity'],
      products: ['id', 'name', 'price'],
      order_tags: ['order_id', 'tag'],
    });
    expect(plan.tables.map((t) => t.hasExpressions)).toEqual([true, false, false, false, false]);
  });

  test('joins by the key where the columns are the key, else by a join', () => {
    expect(nodeOf(plan, 'orders.customer').edge).toEqual({
      parent: { name: 'j0', columns: [1] },
      child: { name: null, columns: [0] },
    });
    expect(nodeOf(plan, 'orders.lines').edge).toEqual({
      parent: { name: null, columns: [0] },
      child: { name: 'j0', columns: [0] },
    });
    expect(plan.tables[2]?.joins).toEqual([
      { name: 'j0', columns: [0] },
      { name: 'j1', columns: [2] },
    ]);
  });
});

describe('any mapping', () => {
  test('may name one table in many places, which is staged once', () => {
    const plan = planOf(
      'orders:\n  table: orders\n  embed: { customer: { one: customers } }\ncustomers:\n  table: customers\n  embed: { orders: { many: orders } }',
    );
    expect(plan.tables.map((t) => [t.name, t.nodes])).toEqual([
      ['orders', [0, 3]],
      ['customers', [1, 2]],
    ]);
    expect(plan.tables[0]?.joins).toHaveLength(1);
    expect(plan.collections.map((c) => c.nodes)).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  test('may embed a table in itself, as deep as the file says', () => {
    const staff = table('staff', {
      columns: { id: int, boss: int },
      key: ['id'],
      foreignKeys: [[['boss'], 'staff', ['id']]],
    });
    const plan = planOf(
      'staff:\n  table: staff\n  embed:\n    chief: { one: staff }\n    team: { many: staff, embed: { team: { many: staff } } }',
      { catalogue: { tables: [staff] } },
    );
    expect(plan.tables).toHaveLength(1);
    expect(nodeOf(plan, 'staff.chief').edge).toEqual({
      parent: { name: 'j0', columns: [1] },
      child: { name: null, columns: [0] },
    });
    expect(nodeOf(plan, 'staff.team.team').edge).toEqual({
      parent: { name: null, columns: [0] },
      child: { name: 'j0', columns: [1] },
    });
  });

  test("keeps embedded names, numbers too, in the file's order", () => {
    const plan = planOf(
      'orders:\n  table: orders\n  fields: { only: [], computed: { b: "1", 7: "2", 2: "3" } }\n  embed: { z: { one: customers }, 9: { many: order_tags, on: { order_id: id } }, 1: { many: order_lines } }',
    );
    expect(nodeOf(plan, 'orders').fieldNames).toEqual(['b', '7', '2']);
    expect(plan.nodes.map((n) => n.name)).toEqual(['', 'z', '9', '1']);
  });

  test('evaluates the same expression once', () => {
    const node = nodeOf(
      planOf(
        'orders:\n  table: orders\n  where: columns.status\n  fields: { computed: { a: columns.status, b: "1" } }',
      ),
      'orders',
    );
    expect(node.expressions).toEqual(['columns.status', '1']);
    expect(node.computed.map((c) => c.expression)).toEqual([0, 1]);
  });

  test('reports every mistake at once, below an unknown table too', () => {
    expect(
      problemsOf(`orders:
  table: publik.orders
  embed:
    customer: { one: public.custmers }
    lines: { many: order_lines, on: { ordr_id: id }, sort: [-lineno], embed: { p: { one: products, fields: [nam] } } }
customers:
  table: customers
  id: [id, nme]
  fields: { only: [emial], types: { nope: int } }
  where: "columns.x +"`),
    ).toEqual([
      '2:10 orders.table UNKNOWN_TABLE',
      '4:22 orders.embed.customer.one UNKNOWN_TABLE',
      '5:39 orders.embed.lines.on.ordr_id UNKNOWN_COLUMN',
      '5:61 orders.embed.lines.sort[0] UNKNOWN_COLUMN',
      '5:109 orders.embed.lines.embed.p.fields[0] UNKNOWN_COLUMN',
      '8:12 customers.id[1] UNKNOWN_COLUMN',
      '9:20 customers.fields.only[0] UNKNOWN_COLUMN',
      '9:37 customers.fields.types.nope UNKNOWN_COLUMN',
      '10:10 customers.where EXPRESSION_SYNTAX',
    ]);
  });
});

describe('nulls', () => {
  test('is inherited from what an embed stands in, and overridable in every embed', () => {
    const plan = planOf(
      `orders:
  table: orders
  embed:
    a: { one: customers, nulls: keep, embed: { b: { many: orders } } }
    c: { many: order_lines }
customers: { table: customers, nulls: keep }`,
      { head: 'defaults: { nulls: omit }\n' },
    );
    expect(plan.nodes.map((node) => `${node.path} ${node.nulls}`)).toEqual([
      'orders omit',
      'orders.a keep',
      'orders.a.b keep',
      'orders.c omit',
      'customers keep',
    ]);
  });
});

describe('the hash', () => {
  const hash = (yaml: string, more: Parameters<typeof planOf>[1] = {}) => planOf(yaml, more).hash;
  const base = 'orders: { table: orders, embed: { lines: { many: order_lines } } }';

  test('is the same for the same documents, however the file or the catalogue says it', () => {
    const catalogue = shopCatalogue();
    catalogue.tables.reverse();
    for (const t of catalogue.tables) Object.assign(t, { sourceId: 'other', estimatedRows: 99 });
    expect(
      hash(
        'orders:\n  table: public.orders\n  id: id\n  embed: { lines: { many: public.order_lines, on: { order_id: id } } }',
        { catalogue, head: 'onError: stop\n' },
      ),
    ).toBe(hash(base));
  });

  test.each([
    [
      'a column more',
      'orders: { table: orders, fields: { omit: [status] }, embed: { lines: { many: order_lines } } }',
      {},
    ],
    ['another name', 'orders: { table: orders, embed: { rows: { many: order_lines } } }', {}],
    ['nulls left out', base, { head: 'defaults: { nulls: omit }\n' }],
    ['an expression', 'orders: { table: orders, where: "true", embed: { lines: { many: order_lines } } }', {}],
  ])('is another with %s', (_, yaml, more) => {
    expect(hash(yaml, more)).not.toBe(hash(base));
  });

  test("is another where a column's type is", () => {
    const catalogue = shopCatalogue();
    const status = catalogue.tables[1]?.columns[2];
    Object.assign(status ?? {}, { type: { kind: 'char', name: 'char(9)' } });
    expect(hash(base, { catalogue })).not.toBe(hash(base));
  });
});

describe('table names', () => {
  const tables = [
    table('orders', { columns: { id: int }, key: ['id'] }),
    table('orders', { schema: 'sales', columns: { id: int }, key: ['id'] }),
    table('parts', { schema: 'sales', columns: { id: int }, key: ['id'] }),
    table('twice', { schema: 'a', columns: { id: int }, key: ['id'] }),
    table('twice', { schema: 'b', columns: { id: int }, key: ['id'] }),
    table('Odd "name".x', { schema: 'my.schema', columns: { id: int }, key: ['id'] }),
    table('report', { kind: 'view', columns: { a: text } }),
  ];
  const names = (name: string) => {
    const { plan, problems } = compileYaml(`c: { table: '${name}' }`, { catalogue: { tables } });
    return plan ? `${plan.tables[0]?.schema}/${plan.tables[0]?.name}` : problems.map((p) => p.code).join();
  };

  test.each([
    ['orders', 'public/orders'],
    ['sales.orders', 'sales/orders'],
    ['parts', 'sales/parts'],
    ['"sales".parts', 'sales/parts'],
    ['"my.schema"."Odd ""name"".x"', 'my.schema/Odd "name".x'],
    ['my.schema.Odd "name".x', 'my.schema/Odd "name".x'],
    ['twice', 'AMBIGUOUS_TABLE'],
    ['sales.order', 'UNKNOWN_TABLE'],
    ['Orders', 'UNKNOWN_TABLE'],
    ['report', 'NOT_A_TABLE'],
  ])('%s is %s', (name, expected) => {
    expect(names(name)).toBe(expected);
  });

  test('that are misspelt are suggested', () => {
    expect(compileYaml('c: { table: sales.part }', { catalogue: { tables } }).problems[0]?.message).toBe(
      'the source has no table sales.part; did you mean sales.parts?',
    );
  });
});
