import { escapeIdentifier } from 'pg';
import { MillraceError } from '#errors';
import { qualifiedName, type TablePlan } from '#model';
import type { PostgresConnections } from './connection.js';
import { POSTGRES_CODES } from './postgres.codes.js';

/** What reading a table takes to know, of now: more than the plan keeps, and nothing that a plan depends on. */
export interface TableShape {
  oid: string;
  partitioned: boolean;
  /** Of each column of the plan: its type as a cast has it, without a length. */
  castTypes: string[];
  /** Of all partitions together. */
  estimatedRows: number;
  /** The relations that hold the rows: itself, or its leaf partitions. */
  leaves: Leaf[];
}

/** A relation with rows of its own. */
export interface Leaf {
  oid: string;
  /** Quoted and qualified. */
  name: string;
  blocks: number;
  rowsPerBlock: number;
}

/** Of a table that was never analysed. */
const GUESSED_ROWS_PER_BLOCK = 60;

const SHAPES = `
SELECT c.oid::text AS oid, c.relkind = 'p' AS partitioned,
  (SELECT jsonb_object_agg(a.attname, pg_catalog.format_type(a.atttypid, -1)) FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS types,
  (SELECT jsonb_agg(jsonb_build_object('oid', l.oid::text, 'name', pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(l.relname),
      'rows', l.reltuples, 'pages', l.relpages, 'blocks', pg_catalog.pg_relation_size(l.oid) / pg_catalog.current_setting('block_size')::int) ORDER BY l.oid)
    FROM pg_catalog.pg_class l JOIN pg_catalog.pg_namespace n ON n.oid = l.relnamespace
    WHERE (c.relkind <> 'p' AND l.oid = c.oid)
      OR (c.relkind = 'p' AND l.oid IN (SELECT t.relid FROM pg_catalog.pg_partition_tree(c.oid) t WHERE t.isleaf))) AS leaves
FROM pg_catalog.pg_class c WHERE c.oid = ANY ($1::oid[])`;

interface ShapeRow {
  oid: string;
  partitioned: boolean;
  types: Record<string, string> | null;
  leaves: { oid: string; name: string; rows: number; pages: number; blocks: number }[] | null;
}

/** By the table's index in the plan; a table that is gone has none. */
export async function readShapes(
  connections: PostgresConnections,
  tables: readonly TablePlan[],
): Promise<Map<number, TableShape>> {
  const rows = await connections.query<ShapeRow & Record<string, unknown>>(SHAPES, [
    tables.map((table) => table.sourceId),
  ]);
  const byOid = new Map(rows.map((row) => [row.oid, row]));
  const shapes = new Map<number, TableShape>();
  for (const table of tables) {
    const row = byOid.get(table.sourceId);
    if (row) shapes.set(table.index, shapeOf(row, table));
  }
  return shapes;
}

export async function readShape(connections: PostgresConnections, table: TablePlan): Promise<TableShape> {
  const shape = (await readShapes(connections, [table])).get(table.index);
  if (!shape) throw goneTable(table);
  return shape;
}

function shapeOf(row: ShapeRow, table: TablePlan): TableShape {
  const leaves = (row.leaves ?? []).map(
    ({ oid, name, rows, pages, blocks }): Leaf => ({
      oid,
      name,
      blocks,
      rowsPerBlock: rows > 0 && pages > 0 ? rows / pages : GUESSED_ROWS_PER_BLOCK,
    }),
  );
  return {
    oid: row.oid,
    partitioned: row.partitioned,
    castTypes: table.columns.map((column) => row.types?.[column.name] ?? 'text'),
    estimatedRows: Math.round(leaves.reduce((sum, leaf) => sum + leaf.blocks * leaf.rowsPerBlock, 0)),
    leaves,
  };
}

/** Plain tables without their children by inheritance, in the load as in the log; partitioned ones with their partitions. */
export function fromClause(table: TablePlan, shape: TableShape | undefined): string {
  if (!shape) throw goneTable(table);
  return `${shape.partitioned ? '' : 'ONLY '}${escapeIdentifier(table.schema)}.${escapeIdentifier(table.name)}`;
}

function goneTable(table: TablePlan): MillraceError {
  const name = qualifiedName(table);
  return new MillraceError(
    POSTGRES_CODES.SOURCE_SCHEMA_CHANGED,
    `The table ${name} is no longer what the job was planned with: it was dropped or made anew. ${POSTGRES_CODES.SOURCE_SCHEMA_CHANGED.remedy}`,
    { context: { table: name } },
  );
}
