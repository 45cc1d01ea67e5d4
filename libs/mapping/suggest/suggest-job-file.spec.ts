import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Catalogue, ForeignKey, SourceColumn, SourceTable, ValueType } from '#model';
import { readJobFile } from '../job-file/read-job-file.js';
import { type CompiledPlan, compilePlan } from '../plan/compile-plan.js';
import { bigint, int, shopCatalogue, table, text } from '../testing/shop-catalogue.js';
import { jobNameOf, suggestJobFile } from './suggest-job-file.js';

const ENV = { MILLRACE_SOURCE_URI: 'postgres://h/d', MILLRACE_TARGET_URI: 'mongodb://h' };

function compiled(yaml: string, catalogue: Catalogue): CompiledPlan {
  const read = readJobFile(yaml, { fileName: 'suggested.yaml', env: ENV, readSecretFile: () => '' });
  return read.problems ? { problems: read.problems } : compilePlan(read.jobFile, catalogue, read.positions);
}

function nodes(catalogue: Catalogue): string[] {
  const { plan, problems } = compiled(suggestJobFile(catalogue, { job: 'shop' }), catalogue);
  if (!plan) throw new Error(JSON.stringify(problems));
  return plan.nodes.map(
    (node) =>
      `${node.kind} ${node.path}: ${node.value ? `value ${node.value.field.name}` : node.fields.map((f) => f.name).join(' ')}`,
  );
}

/** As a person does who takes all the offers of look-ups: removes the comment signs of their lines. */
function withLookups(yaml: string): string {
  let depth = -1;
  return yaml
    .split('\n')
    .map((line) => {
      const indent = line.length - line.trimStart().length;
      const offer = line.includes('# look-ups: remove');
      if (offer) depth = indent;
      else if (indent !== depth || !line.trimStart().startsWith('# ')) depth = -1;
      return depth >= 0 && !line.trimStart().startsWith('# look-ups') ? line.replace('# ', '') : line;
    })
    .join('\n');
}

const fk = (
  columns: string[],
  to: string,
  far: string[],
  onDelete: ForeignKey['onDelete'] = 'no action',
): ForeignKey => ({
  name: `fk_${to}_${columns.join('_')}`,
  columns,
  references: { schema: 'public', table: to, columns: far },
  onDelete,
});

describe('a suggestion', () => {
  test('makes collections of tables that nothing owns, and embeds the others where they belong', () => {
    expect(nodes(shopCatalogue())).toEqual([
      'root customers: name email',
      'root orders: customer_id status placed_at total internal_note',
      'many orders.order_lines: line_no product_id quantity',
      'many orders.order_tags: tag',
      'root products: name price',
    ]);
  });

  test('is commented, and holds no URI', () => {
    const yaml = suggestJobFile(shopCatalogue(), { job: 'shop' });
    expect(yaml).toMatchSnapshot();
    expect(yaml).not.toContain('://');
  });

  test('embeds by NOT NULL with ON DELETE CASCADE, but not where that could be two parents', () => {
    const tables = [
      table('a', { columns: { id: int }, key: ['id'] }),
      table('b', { columns: { id: int }, key: ['id'] }),
      table('of_a', {
        columns: { id: int, a: { type: int, nullable: false }, b: int },
        key: ['id'],
        foreignKeys: [fk(['a'], 'a', ['id'], 'cascade'), fk(['b'], 'b', ['id'], 'cascade')],
      }),
      table('of_both', {
        columns: { id: int, a: { type: int, nullable: false }, b: { type: int, nullable: false } },
        key: ['id'],
        foreignKeys: [fk(['a'], 'a', ['id'], 'cascade'), fk(['b'], 'b', ['id'], 'cascade')],
      }),
    ];
    expect(nodes({ tables })).toEqual(['root a: ', 'many a.of_a: id b', 'root b: ', 'root of_both: a b']);
  });

  test('embeds to any depth, and breaks circles of owners', () => {
    const chain = [
      table('a', { columns: { a: int }, key: ['a'] }),
      table('b', { columns: { a: int, b: int }, key: ['a', 'b'], foreignKeys: [fk(['a'], 'a', ['a'])] }),
      table('c', {
        columns: { a: int, b: int, c: int },
        key: ['a', 'b', 'c'],
        foreignKeys: [fk(['a', 'b'], 'b', ['a', 'b'])],
      }),
    ];
    expect(nodes({ tables: chain })).toEqual(['root a: ', 'many a.b: b', 'many a.b.c: c']);
    const circle = [
      table('x', { columns: { id: int }, key: ['id'], foreignKeys: [fk(['id'], 'y', ['id'])] }),
      table('y', { columns: { id: int }, key: ['id'], foreignKeys: [fk(['id'], 'x', ['id'])] }),
      table('self', {
        columns: { id: int, up: int },
        key: ['id'],
        foreignKeys: [fk(['id'], 'self', ['id']), fk(['up'], 'self', ['id'], 'cascade')],
      }),
    ];
    expect(nodes({ tables: circle })).toEqual(['root self: up', 'root x: ', 'many x.y: ']);
    expect(nodes({ tables: [...circle].reverse() })).toEqual(nodes({ tables: circle }));
  });

  test("makes a pure join table an array of the far side's keys", () => {
    const join = (far: string[]) => [
      table('users', { columns: { id: int, roles: text }, key: ['id'] }),
      table('roles', { columns: Object.fromEntries(far.map((c) => [c, int])), key: far }),
      table('user_roles', {
        columns: Object.fromEntries([...far.map((c) => [`role_${c}`, int]), ['user_id', int]]),
        key: ['user_id', ...far.map((c) => `role_${c}`)],
        foreignKeys: [
          fk(
            far.map((c) => `role_${c}`),
            'roles',
            far,
          ),
          fk(['user_id'], 'users', ['id']),
        ],
      }),
    ];
    expect(nodes({ tables: join(['id']) })).toEqual([
      'root roles: ',
      'root users: roles',
      'many users.user_roles: value role_id',
    ]);
    expect(nodes({ tables: join(['a', 'b']) })).toContain('many users.user_roles: role_a role_b');
    const friends = table('friends', {
      columns: { one: int, two: int },
      key: ['one', 'two'],
      foreignKeys: [fk(['one'], 'people', ['id']), fk(['two'], 'people', ['id'])],
    });
    expect(nodes({ tables: [table('people', { columns: { id: int }, key: ['id'] }), friends] })).toEqual([
      'root people: ',
      'many people.people: value two',
    ]);
  });

  test('offers look-ups commented out, which compile when the signs are removed', () => {
    const catalogue = shopCatalogue(
      table('colour', { columns: { id: int, name: text }, key: ['id'] }),
      table('car', {
        columns: { id: int, colour_id: int, inside: int },
        key: ['id'],
        foreignKeys: [fk(['colour_id'], 'colour', ['id']), fk(['inside'], 'colour', ['id'])],
      }),
    );
    const yaml = suggestJobFile(catalogue, { job: 'shop' });
    const all = compiled(withLookups(yaml), catalogue);
    expect(all.plan?.nodes.filter((node) => node.kind === 'one').map((node) => node.path)).toEqual([
      'car.colour',
      'car.colour_rows',
      'orders.order_lines.product',
      'orders.customer',
    ]);
    expect(compiled(yaml, catalogue).plan?.nodes.some((node) => node.kind === 'one')).toBe(false);
  });

  test('mentions tables without a key, and leaves them out', () => {
    const yaml = suggestJobFile(shopCatalogue(table('log', { columns: { line: text } })), { job: 'shop' });
    expect(yaml).toContain('#   public.log');
    expect(nodes(shopCatalogue(table('log', { columns: { line: text } })))).toHaveLength(5);
  });

  test('takes only the schemas that were asked for', () => {
    const catalogue = shopCatalogue(table('orders', { schema: 'old', columns: { id: int }, key: ['id'] }));
    expect(suggestJobFile(catalogue, { job: 'shop', schemas: ['old'] })).not.toContain('public.');
    expect(suggestJobFile(catalogue, { job: 'shop' })).toContain('public_orders:');
  });

  test('omits generated columns, and renames those whose names documents cannot have', () => {
    const odd = table('odd', {
      columns: { id: int, 'a.b': text, $c: text, _id: text, sum: { type: int, generated: true } },
      key: ['id'],
    });
    const { plan, warnings } = compiled(suggestJobFile({ tables: [odd] }, { job: 'j' }), { tables: [odd] });
    expect(plan?.nodes[0]?.fields.map((f) => f.name)).toEqual(['a_b', 'c', '_id_']);
    expect(warnings).toEqual([]);
  });

  test("of a job that is named after one of MongoDB's own databases goes into another", () => {
    expect(suggestJobFile(shopCatalogue(), { job: 'admin' })).toContain('database: admin_data');
  });
});

test("a job's name can be made of any text", () => {
  expect(['Shop-DB', '2024 Orders', '', 'ÄÖ', 'x'.repeat(60)].map(jobNameOf)).toEqual([
    'shop_db',
    'orders',
    'migration',
    'migration',
    'x'.repeat(40),
  ]);
});

const NAMES = [
  'a',
  'b',
  'c',
  'id',
  'on',
  'null',
  '_id',
  'a.b',
  'a_b',
  '$x',
  'A B',
  '"q"',
  "it's",
  'é',
  '${X}',
  '$${Y}',
  '#no',
  '-1',
  '1',
  '2',
  'true',
  'x: y',
  'back\\slash',
  'tab\there',
  'line\nend',
  'system.users',
  '.dot.',
  '*',
  '\u2028',
  'a_rows',
  'constructor',
  'toString',
];
const TYPES: ValueType[] = [
  ...Array<ValueType>(20).fill(int),
  bigint,
  text,
  { kind: 'uuid', name: 'uuid' },
  { kind: 'json', name: 'json' },
  { kind: 'array', element: int, name: 'integer[]' },
  { kind: 'interval', name: 'interval' },
  { kind: 'numeric', name: 'numeric' },
  { kind: 'enum', name: 'mood' },
];

const column = fc.record({
  type: fc.constantFrom(...TYPES),
  nullable: fc.boolean(),
  generated: fc.integer({ max: 9, min: 0 }).map((n) => n === 0),
  citext: fc.integer({ max: 9, min: 0 }).map((n) => n === 0),
});
const anyTable = fc.record({
  schema: fc.constantFrom('public', 'other', 'odd.schema', 'S "x"'),
  name: fc.constantFrom(...NAMES),
  columns: fc.uniqueArray(fc.tuple(fc.constantFrom(...NAMES), column), {
    selector: ([name]) => name,
    minLength: 1,
    maxLength: 7,
  }),
  keys: fc.array(
    fc.record({
      columns: fc.uniqueArray(fc.nat(6), { minLength: 1, maxLength: 3 }),
      primary: fc.boolean(),
      deferrable: fc.integer({ max: 9, min: 0 }).map((n) => n === 0),
    }),
    { maxLength: 2 },
  ),
  references: fc.array(
    fc.record({
      to: fc.nat(9),
      inKey: fc.boolean(),
      columns: fc.uniqueArray(fc.nat(6), { minLength: 1, maxLength: 3 }),
      onDelete: fc.constantFrom<ForeignKey['onDelete']>('cascade', 'no action'),
    }),
    { maxLength: 4 },
  ),
  kind: fc.constantFrom<SourceTable['kind']>('table', 'table', 'table', 'partitioned', 'view'),
  comment: fc.option(fc.constantFrom('What it is\nfor', ': - "', '# x'), { nil: undefined }),
});

const catalogues: fc.Arbitrary<Catalogue> = fc
  .uniqueArray(anyTable, { selector: (t) => `${t.schema}\0${t.name}`, minLength: 1, maxLength: 10 })
  .map((drafts) => {
    const pick = (names: string[], indexes: number[]): string[] => [
      ...new Set(indexes.map((i) => names[i % names.length] as string)),
    ];
    const names = drafts.map((draft) => draft.columns.map(([name]) => name));
    const tables = drafts.map(
      (draft, t): SourceTable => ({
        sourceId: String(t),
        schema: draft.schema,
        name: draft.name,
        kind: draft.kind,
        partitions: [],
        columns: draft.columns.map(
          ([name, c]): SourceColumn => ({
            name,
            type: c.type,
            nullable: c.nullable,
            generated: c.generated,
            ...(c.citext ? { notComparable: 'citext' } : {}),
          }),
        ),
        keys: draft.keys.map((k, i) => ({
          name: `k${i}`,
          columns: pick(names[t] as string[], k.columns),
          primary: k.primary && i === 0,
          deferrable: k.deferrable,
        })),
        replicaIdentity: { kind: 'default' },
        foreignKeys: draft.references.flatMap((r, i) => {
          const to = r.to % drafts.length;
          const far = drafts[to] as (typeof drafts)[number];
          const farColumns = pick(names[to] as string[], far.keys[0]?.columns ?? r.columns);
          const ownKey = draft.keys[0] ? pick(names[t] as string[], draft.keys[0].columns) : [];
          const own = [...new Set([...(r.inKey ? ownKey : []), ...pick(names[t] as string[], r.columns)])].slice(
            0,
            farColumns.length,
          );
          return own.length < farColumns.length
            ? []
            : [
                {
                  name: `f${i}`,
                  columns: own,
                  references: { schema: far.schema, table: far.name, columns: farColumns },
                  onDelete: r.onDelete,
                },
              ];
        }),
        estimatedRows: 0,
        estimatedBytes: 0,
        rowSecurity: false,
        unlogged: false,
        ...(draft.comment === undefined ? {} : { comment: draft.comment }),
      }),
    );
    return { tables };
  });

test('the suggestion of any catalogue reads and compiles without a problem, and so do its offers', () => {
  fc.assert(
    fc.property(catalogues, (catalogue) => {
      const yaml = suggestJobFile(catalogue, { job: 'any' });
      if (yaml.includes('collections: {}')) return;
      const result = compiled(yaml, catalogue);
      expect(result.problems ?? []).toEqual([]);
      expect(result.plan?.tables.every((t) => t.key.length > 0)).toBe(true);
      expect(compiled(withLookups(yaml), catalogue).problems ?? []).toEqual([]);
    }),
    { numRuns: 150 },
  );
});
