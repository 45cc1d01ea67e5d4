import { describe, expect, test } from '@jest/globals';
import type { ValueType } from '#model';
import { compileYaml, messagesOf, nodeOf, planOf, problemsOf } from '../testing/compile-fixture.js';
import { bigint, int, json, numeric, table, text, timestamptz } from '../testing/shop-catalogue.js';

const wide = table('wide', {
  columns: {
    TenantId: int,
    id: bigint,
    first_name: text,
    LastName: text,
    'a.b': text,
    total: numeric(40, 2),
    at: timestamptz,
    doc: json,
    full: { type: text, generated: true },
  },
  key: ['TenantId', 'id'],
});
const other = table('other', { columns: { id: int, wide_id: bigint, name: text }, key: ['id'] });
const catalogue = { tables: [wide, other] };
const all = (yaml: string, head = '') => planOf(yaml, { catalogue, head });
const fieldsOf = (fields: string, head = '') =>
  nodeOf(all(`w: { table: wide, fields: ${fields} }`, head), 'w').fieldNames;
const CLEAN = 'rename: { a.b: a_b }, omit: [full]';

describe('id', () => {
  const id = (words: string, fields = '{ only: [first_name] }') => {
    const plan = all(`w: { table: wide, ${words ? `id: ${words}, ` : ''}fields: ${fields} }`);
    const [collection] = plan.collections;
    return { ...collection, columns: plan.tables[0]?.columns.map((c) => c.name), fields: nodeOf(plan, 'w').fieldNames };
  };

  test('absent is the primary key, a composite one as a sub-document in the order of the constraint', () => {
    expect(id('')).toMatchObject({
      id: {
        kind: 'columns',
        fields: [
          { name: 'TenantId', column: 0 },
          { name: 'id', column: 1 },
        ],
      },
      claims: false,
    });
  });

  test('as a column name is that value', () => {
    expect(id('first_name')).toMatchObject({ id: { kind: 'column', column: 2 }, claims: true });
  });

  test('as a list is a sub-document of those columns, in that order', () => {
    expect(id('[id, TenantId]')).toMatchObject({
      id: {
        kind: 'columns',
        fields: [
          { name: 'id', column: 1 },
          { name: 'TenantId', column: 0 },
        ],
      },
      claims: false,
    });
    expect(id('[first_name]')).toMatchObject({
      id: { kind: 'columns', fields: [{ name: 'first_name', column: 2 }] },
      claims: true,
    });
  });

  test('as {objectId: true} or {computed} leaves no column out of the fields', () => {
    expect(id('{ objectId: true }', `{ ${CLEAN} }`)).toMatchObject({
      id: { kind: 'objectId' },
      fields: expect.arrayContaining(['TenantId', 'id']),
    });
    expect(id('{ computed: "`${columns.id}`" }', `{ ${CLEAN}, types: { _id: string } }`)).toMatchObject({
      id: { kind: 'computed', expression: 0, type: 'string' },
      claims: true,
      fields: expect.arrayContaining(['TenantId', 'id']),
    });
  });

  test('is not repeated as fields, unless `fields` lists its columns by name', () => {
    expect(id('', `{ ${CLEAN} }`).fields).toEqual(['first_name', 'LastName', 'a_b', 'total', 'at', 'doc']);
    expect(id('', '[id, first_name]').fields).toEqual(['id', 'first_name']);
    expect(id('', '{ only: [id, TenantId] }').fields).toEqual(['TenantId', 'id']);
  });

  test('has `rename`, `fieldNames` and `types` applied inside', () => {
    const plan = all(
      `w: { table: wide, fields: { only: [], rename: { id: number }, types: { id: string } } }`,
      'defaults: { fieldNames: snake_case }\n',
    );
    expect(plan.collections[0]).toMatchObject({
      id: {
        kind: 'columns',
        fields: [
          { name: 'tenant_id', column: 0 },
          { name: 'number', column: 1, type: 'string' },
        ],
      },
      claims: true,
    });
  });

  test('keeps claims where equal keys could have unequal ids, or unequal keys equal ones', () => {
    const claims = (type: ValueType) =>
      planOf('t: { table: t }', { catalogue: { tables: [table('t', { columns: { k: type }, key: ['k'] })] } })
        .collections[0]?.claims;
    for (const kind of ['int16', 'int32', 'int64', 'text', 'uuid', 'bool', 'bytes', 'date'] as const)
      expect(claims({ kind, name: kind })).toBe(false);
    for (const kind of ['timestamp', 'timestamptz', 'float64', 'char', 'enum', 'time'] as const)
      expect(claims({ kind, name: kind })).toBe(true);
    expect(claims(numeric(9, 0))).toBe(true);
  });

  test('cannot be an array, nor have a name twice', () => {
    const tags = table('t', {
      columns: { k: int, tags: { type: { kind: 'array', element: text, name: 'text[]' } } },
      key: ['k'],
    });
    expect(problemsOf('t: { table: t, id: tags }', { catalogue: { tables: [tags] } })).toEqual([
      '1:20 t.id ID_IMPOSSIBLE',
    ]);
    expect(problemsOf('t: { table: t, id: [k, k] }', { catalogue: { tables: [tags] } })).toContain(
      '1:24 t.id[1] FIELD_TWICE',
    );
  });
});

describe('fields', () => {
  test('as a list chooses and does not order', () => {
    expect(fieldsOf('[at, first_name]')).toEqual(['first_name', 'at']);
  });

  test('take only and omit together, and computed ones after the columns', () => {
    expect(fieldsOf('{ only: [at, first_name], omit: [at], computed: { z: "1", y: "2" } }')).toEqual([
      'first_name',
      'z',
      'y',
    ]);
  });

  test.each([
    ['camelCase', ['firstName', 'lastName', 'aB', 'total', 'when', 'doc']],
    ['PascalCase', ['FirstName', 'LastName', 'AB', 'Total', 'when', 'Doc']],
    ['snake_case', ['first_name', 'last_name', 'a_b', 'total', 'when', 'doc']],
  ])('follow fieldNames %s, and renames win', (style, expected) => {
    expect(fieldsOf('{ rename: { at: when }, omit: [full] }', `defaults: { fieldNames: ${style} }\n`)).toEqual(
      expected,
    );
  });

  test('of embeds and computed ones keep the names that the file gives them', () => {
    const plan = all(
      'w: { table: wide, fields: { only: [], computed: { some_thing: "1" } }, embed: { other_one: { many: other, on: { wide_id: id } } } }',
      'defaults: { fieldNames: camelCase }\n',
    );
    expect(nodeOf(plan, 'w').fieldNames).toEqual(['some_thing']);
    expect(nodeOf(plan, 'w.other_one').fieldNames).toEqual(['id', 'wideId', 'name']);
    expect(plan.nodes[1]?.name).toBe('other_one');
  });

  test('with a name that MongoDB cannot update are refused, with the rename that mends it', () => {
    expect(problemsOf('w: { table: wide, fields: { omit: [full] } }', { catalogue })).toEqual([
      '1:1 w NAME_NOT_ALLOWED',
    ]);
    expect(messagesOf('w: { table: wide, fields: { omit: [full] } }', { catalogue })[0]).toContain(
      'rename: { a.b: … }',
    );
  });

  test('that are generated are left out with a finding, unless omitted; named, they are refused', () => {
    const { warnings } = compileYaml('w: { table: wide, fields: { rename: { a.b: a_b } } }', { catalogue });
    expect(warnings.map((w) => `${w.severity} ${w.code} ${w.object}`)).toContain(
      'warning GENERATED_COLUMN_LEFT_OUT public.wide.full',
    );
    expect(
      compileYaml(`w: { table: wide, fields: { ${CLEAN} } }`, { catalogue }).warnings.map((w) => w.code),
    ).not.toContain('GENERATED_COLUMN_LEFT_OUT');
    expect(problemsOf('w: { table: wide, fields: [full], where: columns.full }', { catalogue })).toEqual([
      '1:28 w.fields[0] COLUMN_IS_GENERATED',
      '1:42 w.where COLUMN_IS_GENERATED',
    ]);
  });
});

describe('two fields with one name', () => {
  test.each([
    [
      'two columns',
      '{ table: wide, fields: { only: [first_name, at], rename: { at: first_name } } }',
      '1:67 w.fields.rename.at',
    ],
    [
      'a column and a computed field',
      '{ table: wide, fields: { only: [at], computed: { at: "1" } } }',
      '1:53 w.fields.computed.at',
    ],
    [
      'a column and an embed',
      '{ table: wide, fields: [at], embed: { at: { many: other, on: { wide_id: id } } } }',
      '1:42 w.embed.at',
    ],
    [
      'an embed and a flattened column',
      '{ table: wide, fields: [], embed: { name: { many: other, on: { wide_id: id } }, f: { one: other, on: { wide_id: id }, fields: [name], flatten: true } } }',
      '1:84 w.embed.f',
    ],
    [
      '_id and a computed field',
      '{ table: wide, fields: { only: [], computed: { _id: "1" } } }',
      '1:51 w.fields.computed._id',
    ],
  ])('are refused: %s', (_, words, place) => {
    expect(problemsOf(`w: ${words}`, { catalogue })).toEqual([`${place} FIELD_TWICE`]);
  });

  test('in different documents are no trouble', () => {
    expect(
      problemsOf(
        'w: { table: wide, fields: [at], embed: { o: { many: other, on: { wide_id: id }, fields: { computed: { at: "1" } } } } }',
        { catalogue },
      ),
    ).toEqual([]);
  });
});

describe('flatten', () => {
  test('puts the prefix before the finished name, and before the names of what is embedded in the flattened document', () => {
    const plan = all(
      `w:
  table: wide
  fields: []
  embed:
    o:
      one: other
      on: { wide_id: id }
      flatten: true
      prefix: o_
      fields: { computed: { c: "1" } }
      embed:
        inner: { one: wide, on: { id: wide_id }, fields: [first_name], flatten: true, prefix: In }
        list: { many: wide, on: { id: id }, fields: [first_name] }`,
      'defaults: { fieldNames: camelCase }\n',
    );
    expect(nodeOf(plan, 'w.o').fieldNames).toEqual(['o_id', 'o_wideId', 'o_name', 'o_c']);
    expect(plan.nodes.map((n) => [n.path, n.name, n.prefix])).toEqual([
      ['w', '', ''],
      ['w.o', '', 'o_'],
      ['w.o.inner', '', 'o_In'],
      ['w.o.list', 'o_list', ''],
    ]);
    expect(nodeOf(plan, 'w.o.inner').fieldNames).toEqual(['o_InfirstName']);
    expect(nodeOf(plan, 'w.o.list').fieldNames).toEqual(['firstName']);
  });
});

describe('value', () => {
  test('names a column or a computed field, with its type', () => {
    const value = (words: string) => {
      const node = nodeOf(
        all(`w: { table: wide, fields: [], embed: { o: { many: other, on: { wide_id: id }, ${words} } } }`),
        'w.o',
      );
      return {
        ...node.value,
        fields: node.fields,
        columns: node.value?.kind === 'column' ? node.columnsOf([node.value.field.column]) : [],
        expressions: node.expressions,
      };
    };
    expect(value('value: id, fields: { types: { id: string } }')).toMatchObject({
      kind: 'column',
      field: { name: 'id', type: 'string' },
      columns: ['id'],
      fields: [],
    });
    expect(value('value: up, fields: { computed: { up: "columns.name.toUpperCase()", no: "2" } }')).toMatchObject({
      kind: 'computed',
      field: { name: 'up', expression: 0 },
      expressions: ['columns.name.toUpperCase()'],
    });
  });
});

describe('types', () => {
  test('that no value of the column can become are refused, with what it can be', () => {
    expect(problemsOf('w: { table: wide, fields: { only: [at], types: { at: int } } }', { catalogue })).toEqual([
      '1:54 w.fields.types.at TYPE_IMPOSSIBLE',
    ]);
    expect(messagesOf('w: { table: wide, fields: { only: [at], types: { at: int } } }', { catalogue })[0]).toContain(
      'it can be string, date',
    );
  });

  test('may name a computed field', () => {
    expect(
      nodeOf(all('w: { table: wide, fields: { only: [], computed: { c: "1" }, types: { c: int } } }'), 'w').computed,
    ).toEqual([{ name: 'c', expression: 0, type: 'int' }]);
  });

  test.each([
    ['numeric of more than 34 digits', '[total]', 'warning NUMERIC_MAY_NOT_FIT public.wide.total'],
    ['microseconds', '[at]', 'info MICROSECONDS_CUT public.wide.at'],
    ['a lossy override', '{ only: [total], types: { total: double } }', 'warning TYPE_LOSSY public.wide.total'],
    [
      'an entry of `fields` without effect',
      '{ only: [at], types: { at: string, doc: string } }',
      'warning MAPPING_WITHOUT_EFFECT w.fields.types.doc',
    ],
  ])('with %s are a finding', (_, fields, finding) => {
    expect(
      compileYaml(`w: { table: wide, fields: ${fields} }`, { catalogue }).warnings.map(
        (w) => `${w.severity} ${w.code} ${w.object}`,
      ),
    ).toEqual([finding]);
  });

  test('of string avoid the finding', () => {
    expect(
      compileYaml('w: { table: wide, fields: { only: [total, at], types: { total: string, at: string } } }', {
        catalogue,
      }).warnings,
    ).toEqual([]);
  });
});

describe('expressions', () => {
  test.each(['1) + (2', 'columns.', 'return 1', 'a; b', ''])('that are none are refused: %s', (expression) => {
    expect(
      problemsOf(`w: { table: wide, fields: [], where: ${JSON.stringify(expression)} }`, { catalogue }),
    ).toHaveLength(1);
  });

  test('with an unknown column are refused, words in texts are none', () => {
    expect(
      messagesOf(
        "w: { table: wide, fields: [], where: \"columns.first_nme === 'columns.nope' || columns?.['LastNam']\" }",
        { catalogue },
      ),
    ).toEqual([
      'the expression names columns.first_nme, but public.wide has no column first_nme; did you mean first_name?',
    ]);
    expect(messagesOf('w: { table: wide, fields: [], where: "columns[\'LastNam\'] > 1" }', { catalogue })).toHaveLength(
      1,
    );
  });

  test('may be anything that JavaScript calls one', () => {
    for (const expression of [
      '({ a: 1 })',
      '[1, 2].map((x) => x * columns.id)',
      '`${columns.id}-${columns.TenantId}`',
      'columns.hasOwnProperty("id") // why',
      '/a/.test(columns.first_name)',
    ]) {
      expect(problemsOf(`w: { table: wide, fields: [], where: ${JSON.stringify(expression)} }`, { catalogue })).toEqual(
        [],
      );
    }
  });
});

describe('sort', () => {
  test('takes -col as descending, and refuses values without order', () => {
    const yaml = (sort: string) =>
      `o: { table: other, embed: { w: { many: wide, on: { id: wide_id }, fields: [], sort: ${sort} } } }`;
    const node = nodeOf(all(yaml('[-at, id]')), 'o.w');
    expect(node.sort.map((s) => [node.columnsOf([s.column])[0], s.descending])).toEqual([
      ['at', true],
      ['id', false],
    ]);
    expect(problemsOf(yaml('[doc]'), { catalogue })).toEqual(['1:86 o.embed.w.sort[0] SORT_IMPOSSIBLE']);
  });
});
