/**
 * What the catalogue is made of, one query each, over pg_catalog (information_schema hides what the role does not own).
 * `$1` is a list of schemas, or null for all but the system's. Columns that only newer versions have are read through
 * `to_jsonb`, so that the same text serves all of them.
 */
const IN_SCHEMAS = `n.nspname <> 'information_schema' AND NOT starts_with(n.nspname::text, 'pg_') AND ($1::text[] IS NULL OR n.nspname = ANY ($1::text[]))`;

/** Pages and rows of a relation: the statistics, scaled to nothing; where there are none, the size on disk. */
const SIZE = `
  c.reltuples::float8 AS tuples, c.relpages AS pages,
  CASE WHEN c.relkind IN ('r', 'm') AND (c.relpages = 0 OR c.reltuples < 0) THEN pg_relation_size(c.oid) ELSE 0 END::float8 AS size,
  coalesce((SELECT toast.relpages FROM pg_class toast WHERE toast.oid = c.reltoastrelid), 0) AS "toastPages",
  current_setting('block_size')::int AS "blockSize"`;

export interface SizeRow {
  tuples: number;
  pages: number;
  size: number;
  toastPages: number;
  blockSize: number;
}

export interface TableRow extends SizeRow {
  oid: number;
  schema: string;
  name: string;
  kind: 'r' | 'p' | 'v' | 'm' | 'f';
  persistence: 'p' | 'u' | 't';
  replicaIdentity: 'd' | 'f' | 'n' | 'i';
  rowSecurity: boolean;
  comment: string | null;
}

export const TABLES = `
SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind, c.relpersistence::text AS persistence,
  c.relreplident::text AS "replicaIdentity", c.relrowsecurity AS "rowSecurity", obj_description(c.oid, 'pg_class') AS comment, ${SIZE}
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND c.relpersistence <> 't' AND ${IN_SCHEMAS}
ORDER BY n.nspname::text COLLATE "C", c.relname::text COLLATE "C"`;

export interface PartitionRow extends SizeRow {
  oid: number;
  root: number;
  schema: string;
  name: string;
  kind: 'r' | 'p' | 'f';
}

/** Every partition below every root, at any depth. */
export const PARTITIONS = `
WITH RECURSIVE tree AS (
  SELECT i.inhrelid AS oid, i.inhparent AS root FROM pg_inherits i
  JOIN pg_class c ON c.oid = i.inhparent WHERE c.relkind = 'p' AND NOT c.relispartition
  UNION ALL
  SELECT i.inhrelid, tree.root FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid
)
SELECT tree.oid, tree.root, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind, ${SIZE}
FROM tree JOIN pg_class c ON c.oid = tree.oid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relispartition
ORDER BY n.nspname::text COLLATE "C", c.relname::text COLLATE "C"`;

export interface ColumnRow {
  table: number;
  name: string;
  number: number;
  type: number;
  modifier: number;
  formatted: string;
  notNull: boolean;
  generated: boolean;
  deterministic: boolean;
  comment: string | null;
}

/** Since 18 a NOT NULL can be declared without being proved: such a column can hold nulls. */
export const COLUMNS = `
SELECT a.attrelid AS "table", a.attname::text AS name, a.attnum::int AS number, a.atttypid AS type, a.atttypmod AS modifier,
  format_type(a.atttypid, a.atttypmod) AS formatted,
  a.attnotnull AND NOT EXISTS (
    SELECT FROM pg_constraint u WHERE u.conrelid = a.attrelid AND u.contype = 'n' AND u.conkey = ARRAY[a.attnum] AND NOT u.convalidated
  ) AS "notNull",
  a.attgenerated <> '' AS generated, coalesce(l.collisdeterministic, true) AS deterministic, col_description(a.attrelid, a.attnum) AS comment
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_collation l ON l.oid = a.attcollation
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND ${IN_SCHEMAS}
ORDER BY a.attrelid, a.attnum`;

/** The types of all columns, the elements of arrays, and what domains are based on. */
export const TYPES = `
WITH RECURSIVE used AS (
  SELECT DISTINCT a.atttypid AS oid FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND ${IN_SCHEMAS}
  UNION
  SELECT part.oid FROM used JOIN pg_type t ON t.oid = used.oid CROSS JOIN LATERAL (VALUES (t.typelem), (t.typbasetype)) AS part (oid)
  WHERE part.oid <> 0
)
SELECT t.oid, t.typname::text AS name, format_type(t.oid, NULL) AS formatted, t.typtype::text AS kind, t.typcategory::text AS category,
  t.typelem AS element, t.typdelim::text AS delimiter, t.typbasetype AS base, t.typtypmod AS "baseModifier",
  CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END AS "baseFormatted"
FROM used JOIN pg_type t ON t.oid = used.oid`;

export interface KeyRow {
  table: number;
  name: string;
  columns: string[];
  primary: boolean;
  deferrable: boolean;
  replicaIdentity: boolean;
  /** Every column is NOT NULL, and the index is neither partial, nor of expressions, nor broken, nor of ranges. */
  usable: boolean;
}

/**
 * All unique indexes, in the order in which Millrace takes them: those that hold at every moment before deferrable ones,
 * the primary key, the replica identity's, the oldest. Columns in the order of the index, without those of INCLUDE.
 */
export const KEYS = `
SELECT i.indrelid AS "table", c.relname::text AS name, i.indisprimary AS primary, NOT i.indimmediate AS deferrable,
  i.indisreplident AS "replicaIdentity", k.columns,
  i.indisvalid AND i.indisready AND i.indislive AND NOT i.indisexclusion AND i.indpred IS NULL AND i.indexprs IS NULL AND k."notNull" AS usable
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
CROSS JOIN LATERAL (
  SELECT array_agg(a.attname::text ORDER BY p.position) AS columns,
    bool_and(a.attnotnull AND NOT EXISTS (
      SELECT FROM pg_constraint u WHERE u.conrelid = a.attrelid AND u.contype = 'n' AND u.conkey = ARRAY[a.attnum] AND NOT u.convalidated
    )) AS "notNull"
  FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS p (attnum, position)
  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = p.attnum
  WHERE p.position <= i.indnkeyatts
) k
WHERE i.indisunique AND t.relkind IN ('r', 'p') AND NOT t.relispartition AND ${IN_SCHEMAS}
ORDER BY i.indrelid, i.indimmediate DESC, i.indisprimary DESC, i.indisreplident DESC, i.indexrelid`;

export interface ForeignKeyRow {
  table: number;
  name: string;
  columns: string[];
  referenced: number;
  referencedSchema: string;
  referencedTable: string;
  referencedColumns: string[];
  onDelete: 'a' | 'r' | 'c' | 'n' | 'd';
}

/** Those that the user declared: copies for partitions, on either side, have a parent. Temporal ones (18) are no equality. */
export const FOREIGN_KEYS = `
SELECT f.conrelid AS "table", f.conname::text AS name, f.confrelid AS referenced, f.confdeltype::text AS "onDelete",
  rn.nspname::text AS "referencedSchema", r.relname::text AS "referencedTable", k.columns, k."referencedColumns"
FROM pg_constraint f
JOIN pg_class c ON c.oid = f.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class r ON r.oid = f.confrelid
JOIN pg_namespace rn ON rn.oid = r.relnamespace
CROSS JOIN LATERAL (
  SELECT array_agg(a.attname::text ORDER BY p.position) AS columns, array_agg(ra.attname::text ORDER BY p.position) AS "referencedColumns"
  FROM unnest(f.conkey, f.confkey) WITH ORDINALITY AS p (attnum, referenced, position)
  JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = p.attnum
  JOIN pg_attribute ra ON ra.attrelid = f.confrelid AND ra.attnum = p.referenced
) k
WHERE f.contype = 'f' AND f.conparentid = 0 AND NOT c.relispartition AND ${IN_SCHEMAS}
  AND coalesce((to_jsonb(f) ->> 'conperiod')::boolean, false) = false
ORDER BY f.conrelid, f.conname::text COLLATE "C"`;
