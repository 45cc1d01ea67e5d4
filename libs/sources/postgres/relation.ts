import type { Canonicalize, TablePlan } from '#model';
import { canonicalizer } from '#model';

/** A Relation message: what the log says a table looked like when the changes after it were made. */
export interface Relation {
  id: number;
  schema: string;
  name: string;
  /** `pg_class.relreplident`: d default, n nothing, f full, i index. */
  identity: string;
  columns: RelationColumn[];
}

export interface RelationColumn {
  name: string;
  /** Part of the replica identity. */
  key: boolean;
  typeId: number;
  modifier: number;
}

/** Reads the message whose type byte stands at `offset`. */
export function readRelation(buffer: Buffer, offset: number): Relation {
  let at = offset + 5;
  const readText = (): string => {
    const end = buffer.indexOf(0, at);
    const text = buffer.toString('utf8', at, end);
    at = end + 1;
    return text;
  };
  const id = buffer.readUInt32BE(offset + 1);
  const schema = readText() || 'pg_catalog';
  const name = readText();
  const identity = String.fromCharCode(buffer[at++] as number);
  const count = buffer.readUInt16BE(at);
  at += 2;
  const columns: RelationColumn[] = [];
  for (let i = 0; i < count; i++) {
    const key = ((buffer[at++] as number) & 1) === 1;
    const column = readText();
    columns.push({ name: column, key, typeId: buffer.readUInt32BE(at), modifier: buffer.readInt32BE(at + 4) });
    at += 8;
  }
  return { id, schema, name, identity, columns };
}

/** How the rows of a relation become rows of a table's plan. */
export interface RelationMapping {
  table: TablePlan;
  /** For each column of the plan its field in the log's tuples; -1: the relation has no such column. */
  fields: Int32Array;
  /** The fields that make up the key, in its order. */
  keyFields: number[];
  /** Of the key's values alone, in its order. */
  canonicalKey: Canonicalize;
}

export function mapRelation(relation: Relation, table: TablePlan): RelationMapping {
  const indexes = new Map(relation.columns.map((column, index) => [column.name, index]));
  const fields = Int32Array.from(table.columns, (column) => indexes.get(column.name) ?? -1);
  return {
    table,
    fields,
    keyFields: table.key.map((index) => fields[index] as number),
    canonicalKey: keyCanonicalizer(table),
  };
}

/** The table's canonical key, of the key's values alone. */
export function keyCanonicalizer(table: TablePlan): Canonicalize {
  const types = table.columns.map((column) => column.type);
  return canonicalizer(
    table.key.map((index) => types[index] as (typeof types)[number]),
    table.key.map((_, i) => i),
  );
}
