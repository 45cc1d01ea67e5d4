import {
  type ColumnRow,
  COLUMNS,
  FOREIGN_KEYS,
  type KeyRow,
  KEYS,
  PARTITIONS,
  type TableRow,
  TABLES,
  TYPES,
} from '../../../../libs/sources/postgres/catalogue-queries.js';
import type { PostgresConnections } from '../../../../libs/sources/postgres/connection.js';
import type { PgType } from '../../../../libs/sources/postgres/types.js';
import type { SimServer } from '../server/server.js';
import { IDENTITY_LETTERS, type SimTable } from '../server/table.js';
import { modifierOf, typeIdOf } from '../server/values.js';
import { errorOf, type SimConnections } from './connections.js';

type Answers = ReadonlyMap<string, readonly object[]>;

/** Answers what the real `SchemaGuard` asks of the catalogues, so that it runs as it is. */
export function guardConnections(connections: SimConnections): PostgresConnections {
  const { server } = connections;
  const asked = {
    where: 'simulated',
    error: errorOf,
    // Names, types, modifiers and numbers, of which each statement asks for some.
    query: (text: string) => {
      if (!text.includes('FROM pg_catalog.pg_attribute'))
        throw new Error(`the simulated catalogue does not know ${text}`);
      return connections.call('reads the attributes', () => attributesOf(server));
    },
    client: async () => {
      const answers = await connections.call('reads the catalogue of one moment', () => answersOf(server));
      return {
        query: async (text: string) => ({ rows: answers.get(text) ?? otherAnswer(text) }),
        close: async () => undefined,
      };
    },
  };
  return asked as unknown as PostgresConnections;
}

const VERSION = { number: 170_002, name: '17.2' };

function otherAnswer(text: string): readonly object[] {
  if (text.includes('server_version')) return [VERSION];
  if (text.startsWith('BEGIN')) return [];
  throw new Error(`the simulated catalogue does not know ${text}`);
}

function answersOf(server: SimServer): Answers {
  const tables = [...server.tables.values()];
  return new Map<string, readonly object[]>([
    [TABLES, tables.map(tableRow)],
    [PARTITIONS, []],
    [COLUMNS, tables.flatMap(columnRows)],
    [TYPES, TYPE_ROWS],
    [KEYS, tables.map(keyRow)],
    [FOREIGN_KEYS, []],
  ]);
}

function attributesOf(server: SimServer): object[] {
  return [...server.tables.values()].flatMap((table) =>
    columnRows(table).map(({ name, number, type, modifier }) => ({
      relation: String(table.oid),
      name,
      number,
      type,
      modifier,
    })),
  );
}

function tableRow({ oid, schema, shownShape, spec }: SimTable): TableRow {
  return {
    oid,
    schema,
    name: shownShape.name,
    kind: 'r',
    persistence: 'p',
    replicaIdentity: IDENTITY_LETTERS[spec.replicaIdentity ?? 'default'],
    rowSecurity: false,
    comment: null,
    tuples: 1,
    pages: 1,
    size: 8192,
    toastPages: 0,
    blockSize: 8192,
  };
}

function columnRows({ oid, spec, shownShape }: SimTable): ColumnRow[] {
  return shownShape.columns.map((column) => ({
    table: oid,
    name: column.name,
    number: column.place + 1,
    type: typeIdOf(column.spec.type),
    modifier: modifierOf(column.spec.type),
    formatted: column.spec.type === 'int' ? 'integer' : column.spec.type,
    notNull: spec.key.includes(column.spec.name) || column.spec.nullable === false,
    generated: false,
    deterministic: true,
    comment: null,
  }));
}

function keyRow({ oid, spec, shownShape }: SimTable): KeyRow {
  const nameOf = (key: string) => shownShape.columns.find((column) => column.spec.name === key)?.name ?? key;
  return {
    table: oid,
    name: `${spec.name}_pkey`,
    columns: spec.key.map(nameOf),
    primary: !spec.isKeyedByIndex,
    deferrable: false,
    replicaIdentity: spec.replicaIdentity === 'index',
    usable: true,
  };
}

const TYPE_ROWS: readonly PgType[] = [
  [23, 'int4', 'integer', 'N'] as const,
  [25, 'text', 'text', 'S'] as const,
  [1700, 'numeric', 'numeric', 'N'] as const,
].map(([oid, name, formatted, category]) => ({
  oid,
  name,
  formatted,
  kind: 'b',
  category,
  element: 0,
  delimiter: ',',
  base: 0,
  baseModifier: -1,
  baseFormatted: null,
}));
