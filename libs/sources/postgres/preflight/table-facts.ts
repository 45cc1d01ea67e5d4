import type { PostgresConnections } from '../connection.js';

/** What the server says of a table of the job, and what the role may do with it. */
export interface TableFacts {
  oid: string;
  schema: string;
  name: string;
  kind: 'r' | 'p';
  unlogged: boolean;
  mayUseSchema: boolean;
  /** All columns of the job, and where rows are known by their ctid the whole table. */
  mayRead: boolean;
  owner: string;
  owns: boolean;
  /** Its policies apply to this role. */
  secured: boolean;
  forced: boolean;
  /** Tables that inherit from it in the old way, by `schema.name`. */
  heirs: string[];
  /** Itself, and all partitions: the log is written for the leaves. */
  relations: RelationFacts[];
}

export interface RelationFacts {
  schema: string;
  name: string;
  kind: 'r' | 'p' | 'f';
  unlogged: boolean;
  identity: 'd' | 'f' | 'n' | 'i';
  /** What the log says of an old row, but for FULL. */
  identityColumns: string[] | null;
  primaryKey: string[] | null;
  /** Unique indexes that could be the replica identity. */
  indexes: { name: string; columns: string[] }[];
}

export interface TableUse {
  oid: string;
  columns: string[];
  /** Rows are known by their ctid, and read from the partitions themselves. */
  whole: boolean;
}

const RELATIONS = `
SELECT jsonb_agg(jsonb_build_object(
    'schema', rn.nspname, 'name', r.relname, 'kind', r.relkind, 'unlogged', r.relpersistence = 'u', 'identity', r.relreplident,
    'identityColumns', (SELECT x -> 'columns' FROM jsonb_array_elements(k.indexes) x
      WHERE CASE r.relreplident WHEN 'd' THEN (x ->> 'primary')::boolean WHEN 'i' THEN (x ->> 'identity')::boolean ELSE false END LIMIT 1),
    'primaryKey', (SELECT x -> 'columns' FROM jsonb_array_elements(k.indexes) x WHERE (x ->> 'primary')::boolean),
    'indexes', coalesce(k.indexes, '[]')
  ) ORDER BY r.relispartition, rn.nspname::text COLLATE "C", r.relname::text COLLATE "C")
FROM (SELECT c.oid WHERE c.relkind <> 'p' UNION SELECT t.relid FROM pg_partition_tree(c.oid) t WHERE c.relkind = 'p') AS member (oid)
JOIN pg_class r ON r.oid = member.oid
JOIN pg_namespace rn ON rn.oid = r.relnamespace
CROSS JOIN LATERAL (
  SELECT jsonb_agg(jsonb_build_object('name', ic.relname, 'primary', i.indisprimary, 'identity', i.indisreplident, 'columns', (
    SELECT jsonb_agg(a.attname ORDER BY p.position) FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS p (attnum, position)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = p.attnum WHERE p.position <= i.indnkeyatts
  )) ORDER BY i.indexrelid) AS indexes
  FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid
  WHERE i.indrelid = r.oid AND i.indisunique AND i.indimmediate AND i.indisvalid AND NOT i.indisexclusion AND i.indpred IS NULL AND i.indexprs IS NULL
) k`;

const TABLES = `
SELECT c.oid::text AS oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind, c.relpersistence = 'u' AS unlogged,
  has_schema_privilege(n.oid, 'USAGE') AS "mayUseSchema",
  CASE WHEN u.whole THEN has_table_privilege(c.oid, 'SELECT') AND NOT EXISTS (SELECT FROM pg_partition_tree(c.oid) p WHERE p.isleaf AND NOT has_table_privilege(p.relid, 'SELECT'))
    ELSE has_table_privilege(c.oid, 'SELECT') OR NOT EXISTS (
    SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = ANY (u.columns) AND NOT has_column_privilege(c.oid, a.attnum, 'SELECT')
  ) END AS "mayRead",
  pg_get_userbyid(c.relowner)::text AS owner, pg_has_role(c.relowner, 'USAGE') AS owns,
  row_security_active(c.oid) OR (u.whole AND EXISTS (SELECT FROM pg_partition_tree(c.oid) p WHERE p.isleaf AND row_security_active(p.relid))) AS secured, c.relforcerowsecurity AS forced,
  (SELECT coalesce(array_agg(hn.nspname || '.' || h.relname ORDER BY hn.nspname, h.relname), '{}') FROM pg_inherits i
    JOIN pg_class h ON h.oid = i.inhrelid JOIN pg_namespace hn ON hn.oid = h.relnamespace WHERE i.inhparent = c.oid AND c.relkind = 'r') AS heirs,
  (${RELATIONS}) AS relations
FROM jsonb_to_recordset($1::jsonb) AS u (oid oid, columns text[], whole boolean)
JOIN pg_class c ON c.oid = u.oid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p')`;

/** In the order of `uses`; tables that are gone by now are left out. */
export async function readTableFacts(
  connections: PostgresConnections,
  uses: readonly TableUse[],
): Promise<TableFacts[]> {
  const rows = await connections.query<TableFacts & Record<string, unknown>>(TABLES, [JSON.stringify(uses)]);
  const byOid = new Map(rows.map((row) => [row.oid, row]));
  return uses.flatMap((use) => byOid.get(use.oid) ?? []);
}
