import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Catalogue, SourceTable } from '#model';
import { type TestPostgres, testPostgres } from '#testing';
import { readCatalogue } from './catalogue.js';
import { PostgresConnections } from './connection.js';

const SCHEMA = `
CREATE SCHEMA "odd ""s"".x"; CREATE SCHEMA shop;
CREATE TYPE shop.mood AS ENUM ('sad', 'ok'); CREATE TYPE shop.pair AS (a int, b text);
CREATE DOMAIN shop.price AS numeric(12,2) CHECK (VALUE >= 0); CREATE DOMAIN shop.moods AS shop.mood[];
CREATE DOMAIN shop.cheap AS shop.price NOT NULL;
CREATE COLLATION shop.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE shop.types (
  i2 smallint, i4 int, i8 bigint, o oid, f4 real, f8 double precision, n numeric, np numeric(20,5), b boolean, t text, v varchar(20),
  c char(5), nm name, q "char", u uuid, by bytea, j json, jb jsonb, d date, ts timestamp, tz timestamptz(3), ti time, tt timetz, iv interval,
  m money, ip inet, ci cidr, ma macaddr, x xml, r int4range, bi bit(3), vb varbit, e shop.mood, p shop.price, ch shop.cheap, ms shop.moods, a int[][], pa shop.price[],
  ea shop.mood[], na numeric(6,1)[], co shop.pair, box box, boxes box[], ts_v tsvector, lsn pg_lsn, cl regclass, txt_ci text COLLATE shop.ci, v2 int2vector, mr int4multirange
);
COMMENT ON TABLE shop.types IS 'all of them'; COMMENT ON COLUMN shop.types.i2 IS 'a small one';
CREATE TABLE "odd ""s"".x"."select $1.""é
n" ("or""der" int PRIMARY KEY, "a.b" text, "Ünï$" text NOT NULL UNIQUE, dropped int, "from" int GENERATED ALWAYS AS ("or""der" * 2) STORED);
ALTER TABLE "odd ""s"".x"."select $1.""é
n" DROP COLUMN dropped;
CREATE TABLE shop.tenants (b int NOT NULL, a text NOT NULL, c int, CONSTRAINT tenants_pk PRIMARY KEY (a, b) INCLUDE (c));
CREATE TABLE shop.users (id int PRIMARY KEY, tb int, ta text, boss int REFERENCES shop.users ON DELETE SET NULL, FOREIGN KEY (tb, ta) REFERENCES shop.tenants (b, a) ON DELETE CASCADE);
CREATE UNIQUE INDEX ON shop.tenants (b, a);
CREATE TABLE shop.keyless (a int NOT NULL, b int NOT NULL, c int, d int NOT NULL, e int NOT NULL UNIQUE DEFERRABLE);
CREATE UNIQUE INDEX keyless_partial ON shop.keyless (a) WHERE c > 0; CREATE UNIQUE INDEX keyless_expr ON shop.keyless ((a + 1));
CREATE UNIQUE INDEX keyless_null ON shop.keyless (c); CREATE UNIQUE INDEX keyless_second ON shop.keyless (b) INCLUDE (c); CREATE UNIQUE INDEX keyless_third ON shop.keyless (d, a);
CREATE TABLE shop.events (id bigint, at date NOT NULL, kind text NOT NULL, who int REFERENCES shop.users, PRIMARY KEY (at, id)) PARTITION BY RANGE (at);
CREATE TABLE shop.events_2023 PARTITION OF shop.events FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE shop.events_2024 PARTITION OF shop.events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') PARTITION BY LIST (kind);
ALTER TABLE shop.events_2024 DROP CONSTRAINT IF EXISTS nothing;
CREATE TABLE shop.seen (event_at date, event_id bigint, FOREIGN KEY (event_at, event_id) REFERENCES shop.events);
CREATE UNLOGGED TABLE shop.cache (k text PRIMARY KEY);
CREATE VIEW shop.looks AS SELECT 1 AS one; CREATE MATERIALIZED VIEW shop.stored AS SELECT 1 AS one;
CREATE TABLE shop.secured (id int PRIMARY KEY); ALTER TABLE shop.secured ENABLE ROW LEVEL SECURITY; ALTER TABLE shop.secured REPLICA IDENTITY FULL;
INSERT INTO shop.events SELECT g, DATE '2023-01-01' + g % 300, 'x', NULL FROM generate_series(1, 1000) g; ANALYZE shop.events;
`;

describe.each(['oldest', 'newest'] as const)('the catalogue of the %s PostgreSQL', (version) => {
  let database: TestPostgres;
  let connections: PostgresConnections;
  let catalogue: Catalogue;
  beforeAll(async () => {
    database = await testPostgres({ version });
    await database.exec(
      SCHEMA.replace(
        'PARTITION BY LIST (kind);\nALTER',
        "PARTITION BY RANGE (at);\nCREATE TABLE shop.events_2024_h1 PARTITION OF shop.events_2024 FOR VALUES FROM ('2024-01-01') TO ('2024-07-01');\nALTER",
      ),
    );
    connections = new PostgresConnections(database.uri);
    catalogue = await readCatalogue(connections);
  });
  afterAll(async () => {
    await connections.close();
    await database[Symbol.asyncDispose]();
  });

  function table(name: string): SourceTable {
    const found = catalogue.tables.find((candidate) => candidate.name === name);
    if (!found) throw new Error(`no table ${name}`);
    return found;
  }

  test('names the meaning of every type', () => {
    const columns = Object.fromEntries(table('types').columns.map((column) => [column.name, column]));
    const kinds = Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, column.type.kind]));
    expect(kinds).toEqual({
      i2: 'int16',
      i4: 'int32',
      i8: 'int64',
      o: 'oid',
      f4: 'float32',
      f8: 'float64',
      n: 'numeric',
      np: 'numeric',
      b: 'bool',
      t: 'text',
      v: 'text',
      c: 'char',
      nm: 'text',
      q: 'text',
      u: 'uuid',
      by: 'bytes',
      j: 'json',
      jb: 'json',
      d: 'date',
      ts: 'timestamp',
      tz: 'timestamptz',
      ti: 'time',
      tt: 'text',
      iv: 'interval',
      m: 'text',
      ip: 'text',
      ci: 'text',
      ma: 'text',
      x: 'text',
      r: 'text',
      bi: 'text',
      vb: 'text',
      e: 'enum',
      p: 'numeric',
      ch: 'numeric',
      ms: 'array',
      a: 'array',
      pa: 'array',
      ea: 'array',
      na: 'array',
      co: 'text',
      box: 'text',
      boxes: 'text',
      ts_v: 'text',
      lsn: 'text',
      cl: 'text',
      txt_ci: 'text',
      v2: 'text',
      mr: 'text',
    });
    expect(columns['n']?.type).toEqual({ kind: 'numeric', name: 'numeric' });
    expect(columns['np']?.type).toEqual({ kind: 'numeric', name: 'numeric(20,5)', precision: 20, scale: 5 });
    expect(columns['p']?.type).toEqual({ kind: 'numeric', name: 'numeric(12,2)', precision: 12, scale: 2 });
    expect(columns['ch']?.type).toEqual(columns['p']?.type);
    expect(columns['e']?.type).toEqual({ kind: 'enum', name: 'shop.mood' });
    expect(columns['ms']?.type).toMatchObject({ kind: 'array', element: { kind: 'enum', name: 'shop.mood' } });
    expect(columns['pa']?.type).toMatchObject({ kind: 'array', element: { kind: 'numeric', precision: 12, scale: 2 } });
    expect(columns['na']?.type).toMatchObject({ kind: 'array', element: { kind: 'numeric', precision: 6, scale: 1 } });
  });

  test('says of which columns equality cannot be rebuilt', () => {
    const not = table('types')
      .columns.filter((column) => column.notComparable)
      .map((column) => column.name);
    expect(not).toEqual([
      'j',
      'jb',
      'tt',
      'iv',
      'x',
      'r',
      'ms',
      'a',
      'pa',
      'ea',
      'na',
      'co',
      'box',
      'boxes',
      'ts_v',
      'cl',
      'txt_ci',
      'v2',
      'mr',
    ]);
  });

  test('keeps odd names as they are and leaves dropped columns out', () => {
    const odd = table('select $1."é\nn');
    expect(odd.schema).toBe('odd "s".x');
    expect(odd.columns.map((column) => [column.name, column.nullable, column.generated])).toEqual([
      ['or"der', false, false],
      ['a.b', true, false],
      ['Ünï$', false, false],
      ['from', true, true],
    ]);
    expect(odd.keys.map((key) => key.columns)).toEqual([['or"der'], ['Ünï$']]);
  });

  test('has the columns of a key in the order of the constraint', () => {
    const tenants = table('tenants');
    expect(tenants.keys.map(({ columns, primary }) => ({ columns, primary }))).toEqual([
      { columns: ['a', 'b'], primary: true },
      { columns: ['b', 'a'], primary: false },
    ]);
  });

  test('takes for a key only unique indexes over columns that are never null, deferrable ones last', async () => {
    expect(table('keyless').keys.map(({ name, columns, deferrable }) => ({ name, columns, deferrable }))).toEqual([
      { name: 'keyless_second', columns: ['b'], deferrable: false },
      { name: 'keyless_third', columns: ['d', 'a'], deferrable: false },
      { name: 'keyless_e_key', columns: ['e'], deferrable: true },
    ]);
    await database.exec('ALTER TABLE shop.keyless REPLICA IDENTITY USING INDEX keyless_third');
    const [keyless] = (await readCatalogue(connections, ['shop'])).tables.filter(
      (candidate) => candidate.name === 'keyless',
    );
    expect(keyless?.keys[0]?.name).toBe('keyless_third');
    expect(keyless?.replicaIdentity).toEqual({ kind: 'index', columns: ['d', 'a'] });
    await database.exec('DROP INDEX shop.keyless_third');
    const [without] = (await readCatalogue(connections, ['shop'])).tables.filter(
      (candidate) => candidate.name === 'keyless',
    );
    expect(without?.replicaIdentity).toEqual({ kind: 'nothing' });
  });

  test('pairs the columns of foreign keys in order', () => {
    expect(table('users').foreignKeys).toEqual([
      {
        name: 'users_boss_fkey',
        columns: ['boss'],
        references: { schema: 'shop', table: 'users', columns: ['id'] },
        onDelete: 'set null',
      },
      {
        name: 'users_tb_ta_fkey',
        columns: ['tb', 'ta'],
        references: { schema: 'shop', table: 'tenants', columns: ['b', 'a'] },
        onDelete: 'cascade',
      },
    ]);
  });

  test('lists a partitioned table once, with its partitions, its keys, and each of its foreign keys once', () => {
    const events = table('events');
    expect(events.kind).toBe('partitioned');
    expect(events.partitions).toEqual(['shop.events_2023', 'shop.events_2024', 'shop.events_2024_h1']);
    expect(events.keys.map((key) => key.columns)).toEqual([['at', 'id']]);
    expect(events.foreignKeys.map((key) => key.references.table)).toEqual(['users']);
    expect(table('seen').foreignKeys).toHaveLength(1);
    expect(catalogue.tables.some((candidate) => candidate.name.startsWith('events_'))).toBe(false);
    expect(events.estimatedRows).toBe(1000);
    expect(events.estimatedBytes).toBeGreaterThan(8192);
  });

  test('tells tables from what cannot be followed', () => {
    expect(
      ['looks', 'stored', 'cache', 'secured'].map((name) => [
        table(name).kind,
        table(name).unlogged,
        table(name).rowSecurity,
        table(name).replicaIdentity.kind,
      ]),
    ).toEqual([
      ['view', false, false, expect.anything()],
      ['view', false, false, expect.anything()],
      ['table', true, false, 'default'],
      ['table', false, true, 'full'],
    ]);
  });

  test('has comments', () => {
    expect(table('types').comment).toBe('all of them');
    expect(table('types').columns[0]?.comment).toBe('a small one');
    expect(table('types').columns[1]).not.toHaveProperty('comment');
  });

  test('estimates a table that was never analysed from its size', async () => {
    await database.exec(
      "CREATE TABLE shop.fresh (id int PRIMARY KEY, t text); INSERT INTO shop.fresh SELECT g, repeat('x', 60) FROM generate_series(1, 5000) g",
    );
    const [fresh] = (await readCatalogue(connections, ['shop'])).tables.filter(
      (candidate) => candidate.name === 'fresh',
    );
    expect(fresh?.estimatedRows).toBeGreaterThan(1000);
    expect(fresh?.estimatedRows).toBeLessThan(50_000);
  });

  test('holds only the schemas asked for', async () => {
    const { tables } = await readCatalogue(connections, ['odd "s".x', 'no such schema']);
    expect(new Set(tables.map(({ schema }) => schema))).toEqual(new Set(['odd "s".x']));
    expect(catalogue.tables.some(({ schema }) => schema.startsWith('pg_') || schema === 'information_schema')).toBe(
      false,
    );
  });

  test('on 18 sees NOT NULL that is not proved, virtual columns, and keys without overlaps as what they are', async () => {
    if (Number.parseInt(database.server.version, 10) < 18) return;
    await database.exec(`CREATE TABLE shop.eighteen (id int4range, span int4range, v int GENERATED ALWAYS AS (upper(id)), w int UNIQUE, PRIMARY KEY (id, span WITHOUT OVERLAPS));
      ALTER TABLE shop.eighteen ADD CONSTRAINT w_nn NOT NULL w NOT VALID`);
    const [eighteen] = (await readCatalogue(connections, ['shop'])).tables.filter(
      (candidate) => candidate.name === 'eighteen',
    );
    expect(eighteen?.keys).toEqual([]);
    expect(eighteen?.columns.map(({ name, nullable, generated }) => [name, nullable, generated])).toEqual([
      ['id', false, false],
      ['span', false, false],
      ['v', true, true],
      ['w', true, false],
    ]);
    await database.exec('ALTER TABLE shop.eighteen VALIDATE CONSTRAINT w_nn');
    const [proved] = (await readCatalogue(connections, ['shop'])).tables.filter(
      (candidate) => candidate.name === 'eighteen',
    );
    expect(proved?.keys.map((key) => key.columns)).toEqual([['w']]);
  });
});
