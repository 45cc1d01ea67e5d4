import type { ValueType } from './value-type.js';

/** What a source says of its schema, at one moment. Plain data: it is kept in snapshots of tests as it is. */
export interface Catalogue {
  tables: SourceTable[];
}

export interface SourceTable {
  /** The source's own identity of the table (PostgreSQL: the oid, as text). */
  sourceId: string;
  schema: string;
  name: string;
  /** `partitioned`: the root of a partitioned table; its partitions are not listed as tables of their own. */
  kind: 'table' | 'partitioned' | 'view' | 'foreign';
  partitions: string[];
  columns: SourceColumn[];
  /** Usable keys, the one that Millrace takes first; empty where there is none. */
  keys: SourceKey[];
  replicaIdentity: { kind: 'default' | 'full' | 'nothing' } | { kind: 'index'; columns: string[] };
  foreignKeys: ForeignKey[];
  estimatedRows: number;
  estimatedBytes: number;
  /** PostgreSQL's row-level security is enabled on it. */
  rowSecurity: boolean;
  unlogged: boolean;
  comment?: string;
}

export interface SourceColumn {
  name: string;
  type: ValueType;
  nullable: boolean;
  generated: boolean;
  /** By which the source knows it, where it has one: of a column that is dropped and added again it is another. */
  number?: number;
  /** Why this column cannot be part of a key or an `on` (citext, non-deterministic collation, interval …). */
  notComparable?: string;
  comment?: string;
}

export interface SourceKey {
  name: string;
  columns: string[];
  primary: boolean;
  deferrable: boolean;
}

export interface ForeignKey {
  name: string;
  columns: string[];
  references: { schema: string; table: string; columns: string[] };
  onDelete: 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default';
}

export function qualifiedName(table: { schema: string; name: string }): string {
  return `${table.schema}.${table.name}`;
}
