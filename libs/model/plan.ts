import type { BsonType, ValueType } from './value-type.js';

/**
 * A job file resolved against a catalogue: everything that load, capture, transform and write need to know, as plain
 * data (JSON), made once by `mapping` and kept with the incarnation. Indexes are positions in the arrays here.
 */
export interface Plan {
  job: string;
  mode: 'snapshot' | 'continuous';
  target: { database: string };
  /** Of everything here that decides what documents look like; a job that goes on needs the same one. */
  hash: string;
  tables: TablePlan[];
  collections: CollectionPlan[];
  /** All nodes of all collections; a node's `id` is its index here. Parents come before their children. */
  nodes: NodePlan[];
}

export interface TablePlan {
  index: number;
  sourceId: string;
  schema: string;
  name: string;
  /** The columns that the mapping uses, in table order; all of them where a node has an expression. Tuples have these. */
  columns: ColumnPlan[];
  /** The key, as indexes into `columns`, in the order of the constraint. Empty: rows are known by their ctid (snapshot). */
  key: number[];
  /** Distinct lists of columns that some edge joins by, but for those that are the key itself. */
  joins: JoinPlan[];
  /** Nodes whose rows come from this table, in the order of `Plan.nodes`. */
  nodes: number[];
  /** Whether any of `nodes` has a `where` or a computed field. */
  hasExpressions: boolean;
}

export interface ColumnPlan {
  name: string;
  type: ValueType;
  nullable: boolean;
  /** As in the catalogue; absent in plans of jobs that began before it was kept. */
  number?: number;
}

/** Kept in a staged row as `k[name]`: the canonical encoding of these columns, absent where one of them is null. */
export interface JoinPlan {
  /** `j0`, `j1` … */
  name: string;
  columns: number[];
}

/**
 * One side of an edge: the canonical key itself (`name: null`: the joined columns are the table's key, in its order),
 * or a join kept in `k`. `columns` are in the order that both sides of the edge share.
 */
export interface JoinSide {
  name: string | null;
  columns: number[];
}

export interface EdgePlan {
  parent: JoinSide;
  child: JoinSide;
}

export interface CollectionPlan {
  index: number;
  name: string;
  root: number;
  /** Indexes into `Plan.nodes`, the root first. */
  nodes: number[];
  id: IdPlan;
  /** Whether two roots can claim one `_id`, or an `_id` change while the root stays: then `claims` are kept. */
  claims: boolean;
}

export type IdPlan =
  | { kind: 'column'; column: number; type?: BsonType }
  | { kind: 'columns'; fields: { name: string; column: number; type?: BsonType }[] }
  | { kind: 'objectId' }
  | { kind: 'computed'; expression: number; type?: BsonType };

export interface NodePlan {
  id: number;
  /** `orders`, `orders.lines`, `orders.lines.product`: for people. */
  path: string;
  collection: number;
  table: number;
  kind: 'root' | 'one' | 'many';
  parent: number | null;
  edge: EdgePlan | null;
  /** The field in the parent's document; the empty string for roots and where `flatten` is set. */
  name: string;
  flatten: boolean;
  /** Put before the finished names of all fields of a flattened node (already applied in `fields` and `computed`). */
  prefix: string;
  nulls: 'keep' | 'omit';
  fields: FieldPlan[];
  computed: ComputedPlan[];
  /** Children in the file's order; they follow the fields in the document. */
  children: number[];
  /** Index into the results of `expressions`, or null. */
  where: number | null;
  /** All JavaScript expressions of this node, in a fixed order: the results of a staged row are in the same order. */
  expressions: string[];
  sort: { column: number; descending: boolean }[];
  limit: number | null;
  /** Where the array holds plain values: what each of them is. */
  value: { kind: 'column'; field: FieldPlan } | { kind: 'computed'; field: ComputedPlan } | null;
}

export interface FieldPlan {
  name: string;
  column: number;
  /** An override by `types`. */
  type?: BsonType;
}

export interface ComputedPlan {
  name: string;
  expression: number;
  type?: BsonType;
}
