import { describe, expect, test } from '@jest/globals';
import type { ForeignKey, SourceTable } from '#model';
import { compileYaml, messagesOf, nodeOf, planOf, problemsOf } from '../testing/compile-fixture.js';
import { bigint, int, json, numeric, table, text } from '../testing/shop-catalogue.js';

const fk = (columns: string[], to: string, far: string[]): ForeignKey => ({
  name: `fk_${columns.join('_')}`,
  columns,
  references: { schema: 'public', table: to, columns: far },
  onDelete: 'no action',
});

const address = table('address', { columns: { id: int }, key: ['id'] });
const order = table('orders', {
  columns: { id: int, bill: int, ship: int },
  key: ['id'],
  foreignKeys: [fk(['bill'], 'address', ['id']), fk(['ship'], 'address', ['id'])],
});

/** The columns of an embed's edge, and whether each side is the key: `parent columns (key|join) = child columns (key|join)`. */
function edge(yaml: string, path: string, tables: SourceTable[]): string {
  const plan = planOf(yaml, { catalogue: { tables } });
  const node = nodeOf(plan, path);
  const parent = plan.nodes[node.parent as number] as (typeof plan.nodes)[number];
  const side = (s: { name: string | null; columns: number[] } | undefined, of: number): string =>
    `${s?.columns.map((c) => plan.tables[of]?.columns[c]?.name).join(',')} (${s?.name === null ? 'key' : 'join'})`;
  return `${side(node.edge?.parent, parent.table)} = ${side(node.edge?.child, node.table)}`;
}

describe('`on` left out', () => {
  test('is what exactly one foreign key between the two tables says', () => {
    expect(
      edge('a: { table: a, embed: { bs: { many: b } } }', 'a.bs', [
        table('a', { columns: { x: int, y: text }, key: ['x', 'y'] }),
        table('b', {
          columns: { y: text, x: int, n: int },
          key: ['n'],
          foreignKeys: [fk(['y', 'x'], 'a', ['y', 'x'])],
        }),
      ]),
    ).toBe('x,y (key) = x,y (join)');
  });

  test('is refused where two foreign keys could say it', () => {
    const yaml = 'orders: { table: orders, embed: { billing: { one: address } } }';
    expect(problemsOf(yaml, { catalogue: { tables: [address, order] } })).toEqual([
      '1:35 orders.embed.billing ON_NOT_INFERRED',
    ]);
    expect(messagesOf(yaml, { catalogue: { tables: [address, order] } })[0]).toContain('fk_bill, fk_ship');
    expect(messagesOf(yaml, { catalogue: { tables: [address, order] } })[0]).toContain('such as { id: bill }');
  });

  test('is refused where there is none', () => {
    expect(
      messagesOf('address: { table: address, embed: { a: { one: c } } }', {
        catalogue: { tables: [address, table('c', { columns: { id: int }, key: ['id'] })] },
      })[0],
    ).toBe(
      'no foreign key joins public.address and public.c: write `on: { <column of public.c>: <column of public.address> }`',
    );
  });

  test('follows `one` and `many` where two tables reference each other', () => {
    const tables = [
      table('team', {
        columns: { id: int, leader: int },
        key: ['id'],
        foreignKeys: [fk(['leader'], 'player', ['id'])],
      }),
      table('player', { columns: { id: int, team: int }, key: ['id'], foreignKeys: [fk(['team'], 'team', ['id'])] }),
    ];
    expect(edge('team: { table: team, embed: { leader_: { one: player } } }', 'team.leader_', tables)).toBe(
      'leader (join) = id (key)',
    );
    expect(edge('team: { table: team, embed: { players: { many: player } } }', 'team.players', tables)).toBe(
      'id (key) = team (join)',
    );
  });

  test('takes a row that extends this one, whose foreign key is the other way round', () => {
    const tables = [
      table('a', { columns: { id: int }, key: ['id'] }),
      table('a_more', { columns: { id: int, t: text }, key: ['id'], foreignKeys: [fk(['id'], 'a', ['id'])] }),
    ];
    expect(edge('a: { table: a, embed: { more: { one: a_more } } }', 'a.more', tables)).toBe('id (key) = id (key)');
  });
});

describe('`on`', () => {
  const a = table('a', {
    columns: {
      x: int,
      y: int,
      z: bigint,
      t: text,
      j: json,
      n: numeric(9, 2),
      e: { type: { kind: 'enum', name: 'mood' } },
    },
    key: ['x', 'y'],
  });
  const b = table('b', {
    columns: {
      p: int,
      q: int,
      z: bigint,
      t: { type: { kind: 'char', name: 'char(3)' } },
      j: json,
      n: numeric(),
      e: { type: { kind: 'enum', name: 'size' } },
      c: { type: text, notComparable: 'citext ignores case' },
      g: { type: int, generated: true },
    },
    key: ['p', 'q'],
  });
  const tables = [a, b];
  const on = (pairs: string, kind = 'many') => `a: { table: a, embed: { bs: { ${kind}: b, on: ${pairs} } } }`;

  test("lists several pairs for composite keys, in the order of the key whatever the file's", () => {
    expect(edge(on('{ z: y, p: x }'), 'a.bs', tables)).toBe('x,y (key) = p,z (join)');
    expect(edge(on('{ q: z, p: x }', 'one'), 'a.bs', tables)).toBe('x,z (join) = p,q (key)');
  });

  test('follows the looked-up key where both sides are keys in different orders', () => {
    expect(edge(on('{ q: x, p: y }', 'one'), 'a.bs', tables)).toBe('y,x (join) = p,q (key)');
    expect(edge(on('{ q: x, p: y }', 'many'), 'a.bs', tables)).toBe('x,y (key) = q,p (join)');
    expect(edge(on('{ q: y, p: x }', 'many'), 'a.bs', tables)).toBe('x,y (key) = p,q (key)');
  });

  test('joins columns of one family: integers with numerics, text with char', () => {
    expect(problemsOf(on('{ n: x, t: t }'), { catalogue: { tables } })).toEqual([]);
  });

  test.each([
    ['of different families', '{ t: x }'],
    ['of two enums', '{ e: e }'],
    ['that have no equality', '{ j: j }'],
    ['whose equality cannot be rebuilt', '{ c: t }'],
  ])('between columns %s is refused with line and column', (_, pairs) => {
    expect(problemsOf(on(pairs), { catalogue: { tables } })).toEqual([
      `1:46 a.embed.bs.on.${pairs[2]} ON_NOT_COMPARABLE`,
    ]);
  });

  test('on a generated column is refused', () => {
    expect(problemsOf(on('{ g: x }'), { catalogue: { tables } })).toEqual(['1:46 a.embed.bs.on.g COLUMN_IS_GENERATED']);
  });

  test('with an unknown column on either side is refused', () => {
    expect(problemsOf(on('{ pp: x, q: yy }'), { catalogue: { tables } })).toEqual([
      '1:46 a.embed.bs.on.pp UNKNOWN_COLUMN',
      '1:56 a.embed.bs.on.q UNKNOWN_COLUMN',
    ]);
  });

  test('written the wrong way round is told so', () => {
    expect(messagesOf(on('{ x: p }'), { catalogue: { tables } })[0]).toBe(
      '`on` is {their column: my column}; here it is the other way round: write {p: x}',
    );
  });
});

describe('a key', () => {
  const keyless = table('log', { columns: { at: int, line: text } });
  const catalogue = { tables: [keyless, table('a', { columns: { id: int }, key: ['id'] })] };

  test('that is missing is a blocker in continuous mode, not a mistake of the file', () => {
    const { warnings, problems } = compileYaml('log: { table: log }', { catalogue });
    expect(problems).toEqual([]);
    expect(warnings).toEqual([
      expect.objectContaining({
        severity: 'blocker',
        code: 'TABLE_WITHOUT_KEY',
        object: 'public.log',
        fix: 'ALTER TABLE "public"."log" ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;',
      }),
    ]);
  });

  test('that is missing may be embedded in snapshot mode, and stand as a collection only with an id', () => {
    const head = 'mode: snapshot\n';
    expect(
      compileYaml('a: { table: a, embed: { log: { many: log, on: { at: id } } } }\nlog: { table: log, id: at }', {
        catalogue,
        head,
      }),
    ).toMatchObject({ warnings: [], problems: [] });
    expect(problemsOf('log: { table: log }\nb: { table: log, id: { objectId: true } }', { catalogue, head })).toEqual([
      '1:1 log ID_IMPOSSIBLE',
      '2:22 b.id ID_IMPOSSIBLE',
    ]);
  });

  test.each([
    ['deferrable', (t: SourceTable) => Object.assign(t.keys[0] ?? {}, { deferrable: true }), 'deferrable'],
    [
      'not comparable',
      (t: SourceTable) => Object.assign(t.columns[0] ?? {}, { notComparable: 'citext ignores case' }),
      'citext',
    ],
  ])('that is %s is none', (_, spoil, words) => {
    const spoilt = table('a', { columns: { id: text }, key: ['id'] });
    spoil(spoilt);
    const { warnings } = compileYaml('a: { table: a }', { catalogue: { tables: [spoilt] } });
    expect(warnings).toEqual([expect.objectContaining({ severity: 'blocker', code: 'TABLE_WITHOUT_KEY' })]);
    expect(warnings[0]?.message).toContain(words);
  });

  test('of several is the first that the catalogue names', () => {
    const two = table('a', { columns: { id: int, code: text }, key: ['id'] });
    two.keys = [{ name: 'a_code', columns: ['code'], primary: false, deferrable: false }];
    const plan = planOf('a: { table: a }', { catalogue: { tables: [two] } });
    expect(plan.tables[0]?.key).toEqual([1]);
    expect(plan.collections[0]?.id).toEqual({ kind: 'column', column: 1 });
  });
});
