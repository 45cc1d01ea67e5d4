import { MillraceError } from '#errors';
import { type Catalogue, type ForeignKey, qualifiedName, type SourceColumn, type SourceTable } from '#model';
import {
  type ColumnRow,
  COLUMNS,
  type ForeignKeyRow,
  FOREIGN_KEYS,
  type KeyRow,
  KEYS,
  type PartitionRow,
  PARTITIONS,
  type SizeRow,
  type TableRow,
  TABLES,
  TYPES,
} from './catalogue-queries.js';
import type { PostgresConnections, SourceClient } from './connection.js';
import { POSTGRES_CODES } from './postgres.codes.js';
import { notComparable, type PgType, type PgTypes, valueType } from './types.js';

const OLDEST_VERSION = 140_000;
/** Where nothing is known of a table's rows but its size. */
const GUESSED_ROW_BYTES = 100;
const KINDS = { r: 'table', p: 'partitioned', v: 'view', m: 'view', f: 'foreign' } as const;
const ON_DELETE = { a: 'no action', r: 'restrict', c: 'cascade', n: 'set null', d: 'set default' } as const;

/** The schema as of one moment: all queries see one snapshot. Schemas that are not there give nothing. */
export async function readCatalogue(connections: PostgresConnections, schemas?: readonly string[]): Promise<Catalogue> {
  const client = await connections.client();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await requireSupportedVersion(client, connections.where);
    return catalogueOf(await readRows(client, schemas ? [...schemas] : null));
  } catch (error) {
    throw connections.error(error, 'reading the catalogue', client);
  } finally {
    await client.close();
  }
}

interface CatalogueRows {
  tables: TableRow[];
  partitions: PartitionRow[];
  columns: ColumnRow[];
  types: PgType[];
  keys: KeyRow[];
  foreignKeys: ForeignKeyRow[];
}

async function readRows(client: SourceClient, schemas: string[] | null): Promise<CatalogueRows> {
  return {
    tables: (await client.query(TABLES, [schemas])).rows,
    partitions: (await client.query(PARTITIONS)).rows,
    columns: (await client.query(COLUMNS, [schemas])).rows,
    types: (await client.query(TYPES, [schemas])).rows,
    keys: (await client.query(KEYS, [schemas])).rows,
    foreignKeys: (await client.query(FOREIGN_KEYS, [schemas])).rows,
  };
}

async function requireSupportedVersion(client: SourceClient, where: string): Promise<void> {
  const { rows } = await client.query(
    "SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS name",
  );
  const [version] = rows as { number: number; name: string }[];
  if (version && version.number >= OLDEST_VERSION) return;
  throw new MillraceError(
    POSTGRES_CODES.SOURCE_VERSION,
    `The server at ${where} is PostgreSQL ${version?.name}; Millrace needs 14 or newer.`,
  );
}

function catalogueOf(rows: CatalogueRows): Catalogue {
  const types: PgTypes = new Map(rows.types.map((type) => [type.oid, type]));
  const columns = grouped(rows.columns, (row) => row.table);
  const keys = grouped(rows.keys, (row) => row.table);
  const foreignKeys = grouped(rows.foreignKeys, (row) => row.table);
  const partitions = grouped(rows.partitions, (row) => row.root);
  const rootOf = new Map(rows.partitions.map((row) => [row.oid, row.root]));
  const byOid = new Map(rows.tables.map((row) => [row.oid, row]));
  const root = (row: ForeignKeyRow): TableRow | undefined => byOid.get(rootOf.get(row.referenced) ?? row.referenced);
  return {
    tables: rows.tables.map((row) =>
      tableOf(row, {
        columns: (columns.get(row.oid) ?? []).map((column) => columnOf(types, column)),
        keys: keys.get(row.oid) ?? [],
        foreignKeys: (foreignKeys.get(row.oid) ?? []).map((key) => foreignKeyOf(key, root(key))),
        partitions: partitions.get(row.oid) ?? [],
      }),
    ),
  };
}

interface PartsOfTable {
  columns: SourceColumn[];
  keys: KeyRow[];
  foreignKeys: ForeignKey[];
  partitions: PartitionRow[];
}

function tableOf(row: TableRow, parts: PartsOfTable): SourceTable {
  const sizes: SizeRow[] = row.kind === 'p' ? parts.partitions.filter((partition) => partition.kind === 'r') : [row];
  return {
    sourceId: String(row.oid),
    schema: row.schema,
    name: row.name,
    kind: KINDS[row.kind],
    partitions: parts.partitions.map(qualifiedName),
    columns: parts.columns,
    keys: parts.keys
      .filter((key) => key.usable)
      .map(({ name, columns, primary, deferrable }) => ({ name, columns, primary, deferrable })),
    replicaIdentity: replicaIdentityOf(row, parts.keys),
    foreignKeys: parts.foreignKeys,
    estimatedRows: sizes.reduce((sum, size) => sum + estimatedRows(size), 0),
    estimatedBytes: sizes.reduce((sum, size) => sum + estimatedBytes(size), 0),
    rowSecurity: row.rowSecurity,
    unlogged: row.persistence === 'u',
    ...(row.comment === null ? {} : { comment: row.comment }),
  };
}

/** USING INDEX of an index that was dropped since is as good as NOTHING. */
function replicaIdentityOf(row: TableRow, keys: readonly KeyRow[]): SourceTable['replicaIdentity'] {
  if (row.replicaIdentity === 'f') return { kind: 'full' };
  if (row.replicaIdentity === 'n') return { kind: 'nothing' };
  if (row.replicaIdentity === 'd') return { kind: 'default' };
  const index = keys.find((key) => key.replicaIdentity);
  return index ? { kind: 'index', columns: index.columns } : { kind: 'nothing' };
}

function columnOf(types: PgTypes, row: ColumnRow): SourceColumn {
  const reason = notComparable(types, row.type, row.deterministic);
  return {
    name: row.name,
    type: valueType(types, row.type, row.modifier, row.formatted),
    nullable: !row.notNull,
    number: row.number,
    generated: row.generated,
    ...(reason === undefined ? {} : { notComparable: reason }),
    ...(row.comment === null ? {} : { comment: row.comment }),
  };
}

/** A key to one partition leads to a row of its root. */
function foreignKeyOf(row: ForeignKeyRow, root: TableRow | undefined): ForeignKey {
  return {
    name: row.name,
    columns: row.columns,
    references: {
      schema: root?.schema ?? row.referencedSchema,
      table: root?.name ?? row.referencedTable,
      columns: row.referencedColumns,
    },
    onDelete: ON_DELETE[row.onDelete],
  };
}

function estimatedRows(size: SizeRow): number {
  if (size.pages > 0 && size.tuples >= 0) return Math.round(size.tuples);
  return Math.round(size.size / GUESSED_ROW_BYTES);
}

function estimatedBytes(size: SizeRow): number {
  return (size.pages + size.toastPages) * size.blockSize || size.size;
}

function grouped<R>(rows: readonly R[], by: (row: R) => number): Map<number, R[]> {
  const groups = new Map<number, R[]>();
  for (const row of rows) {
    const group = groups.get(by(row));
    if (group) group.push(row);
    else groups.set(by(row), [row]);
  }
  return groups;
}
