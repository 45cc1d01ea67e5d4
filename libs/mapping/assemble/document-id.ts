import { createHash } from 'node:crypto';
import { ObjectId } from 'bson';
import { type CollectionPlan, type NodePlan, type Plan, qualifiedName, type TablePlan } from '#model';
import { resultConverter, type TaggedResult } from '../expressions/result.js';
import { type BsonDocument, type BsonValue, needsMap } from '../values/bson-value.js';
import { ConversionFailed } from '../values/conversion-failed.js';
import { converter } from '../values/converter.js';
import { assembleCodes } from './assemble.codes.js';
import type { Problems } from './problems.js';
import type { RowView } from './row-view.js';

/** Undefined where there is a problem, which is noted. */
export type DocumentId = (view: RowView, problems: Problems) => BsonValue | undefined;

/** Columns that the `_id` is made of; null: any (it is computed). */
export function idColumns(collection: CollectionPlan): ReadonlySet<number> | null {
  const { id } = collection;
  switch (id.kind) {
    case 'column':
      return new Set([id.column]);
    case 'columns':
      return new Set(id.fields.map((field) => field.column));
    case 'objectId':
      return new Set();
    case 'computed':
      return null;
  }
}

export function compileId(plan: Plan, collection: CollectionPlan): DocumentId {
  const root = plan.nodes[collection.root] as NodePlan;
  const table = plan.tables[root.table] as TablePlan;
  const make = compileKind(root, table, collection);
  const path = `${root.path}._id`;
  return (view, problems) => {
    const id = make(view, problems);
    if (id === undefined) return undefined;
    if (id instanceof ConversionFailed) problems.conversion(id, path, view.row);
    else if (id === null) problems.refuse(assembleCodes.ID_NULL.code, assembleCodes.ID_NULL.cause, path, view.row);
    else if (Array.isArray(id))
      problems.refuse(assembleCodes.ID_IS_ARRAY.code, assembleCodes.ID_IS_ARRAY.cause, path, view.row);
    else return id;
    return undefined;
  };
}

type MakeId = (view: RowView, problems: Problems) => BsonValue | ConversionFailed | undefined;

function compileKind(root: NodePlan, table: TablePlan, collection: CollectionPlan): MakeId {
  const { id } = collection;
  switch (id.kind) {
    case 'column': {
      const convert = converter((table.columns[id.column] as TablePlan['columns'][number]).type, id.type);
      return (view) => convert(view.values[id.column] ?? null);
    }
    case 'columns':
      return compileComposite(table, id.fields);
    case 'objectId': {
      const name = qualifiedName(table);
      return (view) => objectIdOf(name, view.row._id);
    }
    case 'computed': {
      const convert = resultConverter(id.type);
      return (view, problems) => {
        const result = view.row.x?.[root.id]?.[id.expression];
        if (result !== undefined && 'v' in result) return convert(result.v as TaggedResult);
        problems.expression(root.path, '_id', view.row, result);
        return undefined;
      };
    }
  }
}

function compileComposite(
  table: TablePlan,
  fields: Extract<CollectionPlan['id'], { kind: 'columns' }>['fields'],
): MakeId {
  const parts = fields.map(({ name, column, type }) => ({
    name,
    column,
    convert: converter((table.columns[column] as TablePlan['columns'][number]).type, type),
  }));
  const ordered = parts.some((part) => needsMap(part.name));
  return (view) => {
    const id: BsonDocument = ordered ? new Map<string, BsonValue>() : {};
    for (const part of parts) {
      const value = part.convert(view.values[part.column] ?? null);
      if (value instanceof ConversionFailed) return value;
      if (id instanceof Map) id.set(part.name, value);
      else id[part.name] = value;
    }
    return id;
  };
}

/** The same on every run: the first 12 bytes of the SHA-256 of `schema.table`, a NUL and the canonical key. */
export function objectIdOf(table: string, key: string): ObjectId {
  return new ObjectId(createHash('sha256').update(`${table}\0${key}`).digest().subarray(0, 12));
}
