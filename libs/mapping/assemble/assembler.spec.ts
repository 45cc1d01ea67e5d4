import { describe, expect, test } from '@jest/globals';
import { BSON, Decimal128, Long, ObjectId } from 'bson';
import { type CollectionPlan, type NodePlan, type Plan, packTuple, type StagedRow, type ValueType } from '#model';
import type { RowTree } from './assembled.js';
import { compileAssembler } from './assembler.js';

const TYPES: Record<string, ValueType> = {
  i: { kind: 'int32', name: 'int4' },
  l: { kind: 'int64', name: 'int8' },
  t: { kind: 'text', name: 'text' },
  d: { kind: 'numeric', name: 'numeric' },
  z: { kind: 'timestamptz', name: 'timestamptz' },
  j: { kind: 'json', name: 'jsonb' },
  u: { kind: 'uuid', name: 'uuid' },
  a: { kind: 'array', name: 'int4[]', element: { kind: 'int32', name: 'int4' } },
};

/** `i:id t:name`, the first column being the key. */
const table = (index: number, name: string, columns: string) => ({
  index,
  sourceId: String(index),
  schema: 'public',
  name,
  key: [0],
  joins: [],
  nodes: [],
  hasExpressions: false,
  columns: columns
    .split(' ')
    .map((column) => ({ name: column.slice(2), type: TYPES[column.charAt(0)] as ValueType, nullable: true })),
});
const TABLES = [
  table(0, 'orders', 'i:id i:customer_id d:total z:placed_at t:note'),
  table(1, 'customers', 'i:id t:name t:country'),
  table(2, 'lines', 'i:no i:order_id t:sku l:qty j:extra a:marks'),
  table(3, 'products', 't:sku t:title'),
];

type Draft = Partial<Omit<NodePlan, 'fields'>> & { table: number; fields?: [string, number][] };

/** Nodes in order, the root first; `parent` gives the tree. */
function planOf(drafts: Draft[], id: CollectionPlan['id'] = { kind: 'column', column: 0 }): Plan {
  const nodes = drafts.map(
    (draft, index): NodePlan => ({
      id: index,
      path: index === 0 ? 'orders' : `orders.${draft.name || `n${index}`}`,
      collection: 0,
      kind: index === 0 ? 'root' : 'many',
      parent: index === 0 ? null : 0,
      edge: null,
      name: '',
      flatten: false,
      prefix: '',
      nulls: 'keep',
      computed: [],
      children: [],
      where: null,
      expressions: [],
      sort: [],
      limit: null,
      value: null,
      ...draft,
      fields: (draft.fields ?? []).map(([name, column]) => ({ name, column })),
    }),
  );
  for (const node of nodes) if (node.parent !== null) (nodes[node.parent] as NodePlan).children.push(node.id);
  return {
    tables: TABLES,
    nodes,
    collections: [{ index: 0, name: 'orders', root: 0, nodes: nodes.map((node) => node.id), id, claims: false }],
  } as unknown as Plan;
}

const row = (values: (string | null)[], more: Partial<StagedRow> = {}): StagedRow => ({
  _id: `N${values[0]}`,
  at: '5',
  c: packTuple(values),
  ...more,
});
const tree = (values: (string | null)[] | StagedRow, ...children: RowTree[][]): RowTree => ({
  row: Array.isArray(values) ? row(values) : values,
  children,
});
const assemble = (plan: Plan, root: RowTree) => compileAssembler(plan).assemble(0, root);

function documentOf(plan: Plan, root: RowTree): Record<string, unknown> {
  const assembled = assemble(plan, root);
  if (assembled.kind !== 'document') throw new Error(JSON.stringify(assembled));
  return assembled.document;
}

const ORDER = ['1', '7', '12.50', '2024-01-02 03:04:05+00', null];
const ROOT: Draft = {
  table: 0,
  fields: [
    ['customer_id', 1],
    ['total', 2],
    ['placedAt', 3],
    ['note', 4],
  ],
};
const CUSTOMER: Draft = {
  table: 1,
  kind: 'one',
  name: 'customer',
  fields: [
    ['id', 0],
    ['name', 1],
  ],
};
const LINES: Draft = {
  table: 2,
  name: 'lines',
  fields: [
    ['no', 0],
    ['qty', 3],
  ],
};
const line = (no: string, more: Partial<StagedRow> = {}, sku = `s${no}`) =>
  tree(row([no, '1', sku, no, null, null], more));

describe('a document', () => {
  test('has its _id, columns, computed and embedded fields in the order of the mapping', () => {
    const plan = planOf([{ ...ROOT, computed: [{ name: 'year', expression: 0 }] }, CUSTOMER, LINES]);
    const document = documentOf(
      plan,
      tree(row(ORDER, { x: { 0: [{ v: 'n2024' }] } }), [tree(['7', 'Ann', 'CH'])], [line('2'), line('1')]),
    );
    expect(Object.keys(document)).toEqual([
      '_id',
      'customer_id',
      'total',
      'placedAt',
      'note',
      'year',
      'customer',
      'lines',
    ]);
    expect(BSON.EJSON.serialize(document, { relaxed: false })).toEqual({
      _id: { $numberInt: '1' },
      customer_id: { $numberInt: '7' },
      total: { $numberDecimal: '12.50' },
      placedAt: { $date: { $numberLong: '1704164645000' } },
      note: null,
      year: { $numberDouble: '2024.0' },
      customer: { id: { $numberInt: '7' }, name: 'Ann' },
      lines: [
        { no: { $numberInt: '1' }, qty: { $numberLong: '1' } },
        { no: { $numberInt: '2' }, qty: { $numberLong: '2' } },
      ],
    });
  });

  test('has null for a missing `one` and an empty array, or neither field with omit', () => {
    expect(documentOf(planOf([ROOT, CUSTOMER, LINES]), tree(ORDER, [], []))).toMatchObject({
      note: null,
      customer: null,
      lines: [],
    });
    const omitted = documentOf(
      planOf([
        { ...ROOT, nulls: 'omit' },
        { ...CUSTOMER, nulls: 'omit' },
        { ...LINES, nulls: 'omit' },
      ]),
      tree(ORDER, [], []),
    );
    expect(Object.keys(omitted)).toEqual(['_id', 'customer_id', 'total', 'placedAt', 'lines']);
  });

  test('has the fields of a flattened `one`, and of what is embedded in it, as its own', () => {
    const drafts: Draft[] = [
      { table: 0 },
      { ...CUSTOMER, name: '', flatten: true, fields: [['c_name', 1]] },
      { ...LINES, parent: 1, name: 'c_lines', fields: [['no', 0]] },
      { table: 3, parent: 1, kind: 'one', name: 'c_product', fields: [['title', 1]] },
    ];
    const plan = planOf(drafts);
    expect(documentOf(plan, tree(ORDER, [tree(['7', 'Ann', 'CH'], [line('1')], [])]))).toEqual({
      _id: 1,
      c_name: 'Ann',
      c_lines: [{ no: 1 }],
      c_product: null,
    });
    expect(documentOf(plan, tree(ORDER, []))).toEqual({ _id: 1, c_name: null, c_lines: [], c_product: null });
    const omit = planOf(drafts.map((draft) => ({ ...draft, nulls: 'omit' })));
    expect(documentOf(omit, tree(ORDER, []))).toEqual({ _id: 1 });
  });

  test('has plain values, null among them kept or left out', () => {
    const tags: Draft = { table: 2, name: 'tags', value: { kind: 'column', field: { name: 'sku', column: 2 } } };
    const rows = [
      tree(['1', '1', 'a', null, null, null]),
      tree(['2', '1', null, null, null, null]),
      tree(['3', '1', 'c', null, null, null]),
    ];
    expect(documentOf(planOf([{ table: 0 }, tags]), tree(ORDER, rows))).toEqual({ _id: 1, tags: ['a', null, 'c'] });
    expect(documentOf(planOf([{ table: 0 }, { ...tags, nulls: 'omit' }]), tree(ORDER, rows))).toEqual({
      _id: 1,
      tags: ['a', 'c'],
    });
    const computed: Draft = {
      table: 2,
      name: 'tags',
      value: { kind: 'computed', field: { name: 'x', expression: 0, type: 'int' } },
    };
    expect(documentOf(planOf([{ table: 0 }, computed]), tree(ORDER, [line('1', { x: { 1: [{ v: 'n5' }] } })]))).toEqual(
      { _id: 1, tags: [5] },
    );
  });

  test('takes JSON null and a computed null or undefined for null', () => {
    const plan = planOf([
      { table: 0, nulls: 'omit', computed: [{ name: 'a', expression: 0 }] },
      {
        ...LINES,
        nulls: 'omit',
        fields: [
          ['no', 0],
          ['extra', 4],
        ],
      },
    ]);
    const document = documentOf(
      plan,
      tree(row(ORDER, { x: { 0: [{ v: 'z' }] } }), [
        tree(['1', '1', 'a', null, 'null', null]),
        tree(['2', '1', 'a', null, '{"k":null}', null]),
      ]),
    );
    expect(document).toEqual({ _id: 1, lines: [{ no: 1 }, { no: 2, extra: { k: null } }] });
  });

  test('keeps the order of fields that objects would move', () => {
    const plan = planOf([
      {
        table: 0,
        fields: [
          ['b', 1],
          ['2', 2],
          ['__proto__', 4],
          ['1', 1],
        ],
      },
    ]);
    const document = documentOf(plan, tree(['1', '7', '1', ORDER[3] as string, 'x'])) as unknown as Map<
      string,
      unknown
    >;
    expect([...document.keys()]).toEqual(['_id', 'b', '2', '__proto__', '1']);
    expect((document as unknown as { _id: unknown })._id).toBe(1);
    expect(BSON.serialize(document as never)).toHaveLength(BSON.calculateObjectSize(document as never));
  });
});

describe('the rows of an array', () => {
  const NOS = (plan: Plan, rows: RowTree[]) =>
    (documentOf(plan, tree(ORDER, rows)) as { lines: { no: number }[] }).lines.map((item) => item.no);

  test('stand by key as numbers, whatever order they come in', () => {
    expect(
      NOS(
        planOf([{ table: 0 }, LINES]),
        ['10', '9', '100', '-1'].map((no) => line(no)),
      ),
    ).toEqual([-1, 9, 10, 100]);
  });

  test('stand by `sort`, nulls first ascending and last descending, ties by key ascending', () => {
    const sorted = (descending: boolean) => planOf([{ table: 0 }, { ...LINES, sort: [{ column: 2, descending }] }]);
    const rows = [line('3', {}, 'b'), line('1', {}, 'b'), tree(['2', '1', null, '1', null, null]), line('4', {}, 'a')];
    expect(NOS(sorted(false), rows)).toEqual([2, 4, 1, 3]);
    expect(NOS(sorted(true), rows)).toEqual([1, 3, 4, 2]);
  });

  test('are the first so many with `limit`, after `where`', () => {
    const plan = planOf([{ table: 0 }, { ...LINES, limit: 2, where: 0 }]);
    const rows = ['5', '1', '4', '2', '3'].map((no) => line(no, { x: { 1: [{ v: no === '1' ? 'f' : 't' }] } }));
    expect(NOS(plan, rows)).toEqual([2, 3]);
  });

  test('are without those that are gone', () => {
    expect(NOS(planOf([{ table: 0 }, LINES]), [line('1'), tree({ _id: 'N2', at: '9', gone: true })])).toEqual([1]);
  });
});

describe('the _id', () => {
  const idOf = (id: CollectionPlan['id'], values: (string | null)[] = ORDER, more: Partial<StagedRow> = {}) =>
    assemble(planOf([{ table: 0 }], id), tree(row(values, more)));

  test('is a column, a sub-document, a computed value', () => {
    expect(idOf({ kind: 'column', column: 2 })).toMatchObject({ id: new Decimal128('12.50') });
    expect(idOf({ kind: 'column', column: 0, type: 'long' })).toMatchObject({ id: Long.ONE });
    const composite = idOf({
      kind: 'columns',
      fields: [
        { name: 'c', column: 1 },
        { name: 'i', column: 0, type: 'string' },
      ],
    });
    expect(composite).toMatchObject({ id: { c: 7, i: '1' }, document: { _id: { c: 7, i: '1' } } });
    expect(idOf({ kind: 'computed', expression: 0 }, ORDER, { x: { 0: [{ v: 'so-1' }] } })).toMatchObject({
      id: 'o-1',
    });
  });

  test('is an ObjectId that depends on table and key alone', () => {
    const first = idOf({ kind: 'objectId' });
    expect(first).toMatchObject({ kind: 'document', id: expect.any(ObjectId) });
    expect(idOf({ kind: 'objectId' }, ['1', '8', null, null, 'x'])).toMatchObject({
      id: (first as { id: ObjectId }).id,
    });
    expect(String((first as { id: ObjectId }).id)).not.toBe(
      String((idOf({ kind: 'objectId' }, ['2', '7', null, null, null]) as { id: ObjectId }).id),
    );
  });

  test('of null or an array is refused', () => {
    expect(idOf({ kind: 'column', column: 4 })).toEqual({
      kind: 'refused',
      code: 'ID_NULL',
      message: expect.any(String),
      path: 'orders._id',
      key: 'N1',
    });
    expect(idOf({ kind: 'computed', expression: 0 }, ORDER, { x: { 0: [{ v: 'j[]' }] } })).toMatchObject({
      code: 'ID_IS_ARRAY',
    });
    expect(idOf({ kind: 'computed', expression: 0 }, ORDER, { x: { 0: [{ error: 'no' }] } })).toMatchObject({
      code: 'EXPRESSION_FAILED',
    });
  });
});

describe('what cannot be written', () => {
  const plan = planOf([ROOT, CUSTOMER, LINES]);
  const ANN = tree(['7', 'Ann', 'CH']);

  test('is a value that does not fit, named by field and key, never by value', () => {
    const big = `${'9'.repeat(35)}`;
    const refused = assemble(plan, tree(['1', '7', big, ORDER[3] as string, null], [ANN], []));
    expect(refused).toMatchObject({ kind: 'refused', code: 'NUMERIC_TOO_LARGE', path: 'orders.total', key: 'N1' });
    expect(JSON.stringify(refused)).not.toContain('999');
  });

  test('is more than one match of a `one`', () => {
    expect(assemble(plan, tree(ORDER, [ANN, tree(['8', 'Bob', 'CH'])], []))).toMatchObject({
      kind: 'refused',
      code: 'MORE_THAN_ONE',
      path: 'orders.customer',
      key: 'N1',
    });
  });

  test('is a bad row with its cause, and an expression that failed where it is used', () => {
    expect(
      assemble(
        plan,
        tree(
          ORDER,
          [ANN],
          [
            tree({
              _id: 'N3',
              at: '1',
              bad: { code: 'ROW_TOO_LARGE', message: 'too large' },
              missing: { columns: [0, 1, 2], since: '1', transaction: '1' },
            }),
          ],
        ),
      ),
    ).toMatchObject({ kind: 'refused', code: 'ROW_TOO_LARGE', key: 'N3' });
    const computed = planOf([ROOT, { ...LINES, computed: [{ name: 'x', expression: 0 }] }]);
    expect(assemble(computed, tree(ORDER, [line('3', { x: { 1: [{ error: 'TypeError: no' }] } })]))).toMatchObject({
      code: 'EXPRESSION_FAILED',
      path: 'orders.lines.x',
      key: 'N3',
      message: expect.stringContaining('TypeError: no'),
    });
    expect(assemble(planOf([{ ...ROOT, where: 0 }]), tree(row(ORDER, { x: { 0: [{ error: 'no' }] } })))).toMatchObject({
      code: 'EXPRESSION_FAILED',
      path: 'orders.where',
    });
  });

  test('is not a bad value in a column, row or expression that the document does not use', () => {
    const some = planOf([{ table: 0 }, { ...LINES, where: 0, limit: 1 }]);
    const lines = [
      line('1', { x: { 1: [{ v: 't' }] } }),
      tree(row(['2', '1', 'a', '1e9999', '{', '{'], { x: { 1: [{ v: 't' }] } })),
      line('3', { x: { 1: [{ v: 'f' }] }, bad: { code: 'X', message: 'x' } }),
    ];
    expect(
      documentOf(
        some,
        tree(row(['1', '7', '9'.repeat(40), 'infinity', null], { x: { 0: [{ error: 'unused' }] } }), lines),
      ),
    ).toEqual({ _id: 1, lines: [{ no: 1, qty: Long.ONE }] });
  });

  test('waits for a missing column that is used, and only for such', () => {
    const missing = (columns: number[], more: Partial<StagedRow> = {}) =>
      row(ORDER, { missing: { columns, since: '5', transaction: '1' }, ...more });
    expect(assemble(plan, tree(missing([2]), [ANN], []))).toEqual({ kind: 'waiting' });
    expect(assemble(planOf([{ table: 0, fields: [['total', 2]] }]), tree(missing([3, 4])))).toMatchObject({
      kind: 'document',
    });
    expect(
      assemble(planOf([{ table: 0, fields: [['total', 2]] }], { kind: 'column', column: 1 }), tree(missing([1]))),
    ).toEqual({ kind: 'waiting' });
    expect(assemble(planOf([{ table: 0, where: 0 }]), tree(missing([4])))).toEqual({ kind: 'waiting' });
    expect(assemble(plan, tree(missing([2], { edit: { at: '5', columns: { total: '3' } } }), [ANN], []))).toMatchObject(
      { document: { total: new Decimal128('3') } },
    );
  });

  test('waits where a limited array cannot tell which rows are the first', () => {
    const limited = planOf([{ table: 0 }, { ...LINES, limit: 1, sort: [{ column: 2, descending: false }] }]);
    const unknown = (columns: number[]) => line('9', { missing: { columns, since: '1', transaction: '1' } }, 'zz');
    expect(assemble(limited, tree(ORDER, [line('1'), unknown([2])]))).toEqual({ kind: 'waiting' });
    expect(assemble(limited, tree(ORDER, [line('1'), unknown([3])]))).toMatchObject({ kind: 'document' });
    const bad = tree({ _id: 'N9', at: '1', bad: { code: 'ROW_TOO_LARGE', message: 'too large' } });
    expect(assemble(limited, tree(ORDER, [line('1'), bad]))).toMatchObject({ kind: 'refused', code: 'ROW_TOO_LARGE' });
  });

  test('is named by its first reason in the order of the document', () => {
    const refused = assemble(plan, tree(['1', 'x'.repeat(3), '?', '?', null], [ANN, ANN], []));
    expect(refused).toMatchObject({ kind: 'refused', path: 'orders.total' });
  });

  test('waits rather than being refused, where both are the case', () => {
    expect(
      assemble(plan, tree(row(ORDER, { missing: { columns: [4], since: '5', transaction: '1' } }), [ANN, ANN], [])),
    ).toEqual({
      kind: 'waiting',
    });
  });
});

describe('a root', () => {
  test('whose `where` is false, or that is gone, has no document', () => {
    const plan = planOf([{ ...ROOT, where: 0 }]);
    expect(assemble(plan, tree(row(ORDER, { x: { 0: [{ v: 'i0' }] } })))).toEqual({ kind: 'absent' });
    expect(assemble(plan, tree(row(ORDER, { x: { 0: [{ v: 'sx' }] } })))).toMatchObject({ kind: 'document' });
    expect(assemble(plan, tree({ _id: 'N1', at: '1', gone: true }))).toEqual({ kind: 'absent' });
  });

  test('has a correction as long as it is at the position of the correction', () => {
    const plan = planOf([
      {
        table: 0,
        fields: [
          ['total', 2],
          ['note', 4],
        ],
      },
    ]);
    const edit = { at: '5', columns: { total: '1.5', note: null, unknown: 'x' } };
    expect(documentOf(plan, tree(row(['1', '7', 'bad', null, 'n'], { edit })))).toEqual({
      _id: 1,
      total: new Decimal128('1.5'),
      note: null,
    });
    expect(assemble(plan, tree(row(['1', '7', 'bad', null, 'n'], { edit: { ...edit, at: '4' } })))).toMatchObject({
      kind: 'refused',
    });
  });

  test('is assembled anew each time: a refusal leaves nothing behind', () => {
    const assembler = compileAssembler(planOf([ROOT]));
    expect(assembler.assemble(0, tree(['1', '7', 'x', null, null])).kind).toBe('refused');
    expect(assembler.assemble(0, tree(ORDER)).kind).toBe('document');
  });
});

test('the depth of documents is known from the plan, but for JSON, arrays and expressions', () => {
  const depth = (drafts: Draft[], id?: CollectionPlan['id']) => compileAssembler(planOf(drafts, id)).maxDepth(0);
  expect(depth([ROOT])).toBe(1);
  expect(depth([ROOT], { kind: 'columns', fields: [] })).toBe(2);
  expect(depth([ROOT, CUSTOMER])).toBe(2);
  expect(depth([ROOT, LINES])).toBe(3);
  expect(depth([ROOT, { ...LINES, value: { kind: 'column', field: { name: 'sku', column: 2 } } }])).toBe(2);
  expect(depth([ROOT, { ...LINES, fields: [['extra', 4]] }])).toBe(Number.POSITIVE_INFINITY);
});
