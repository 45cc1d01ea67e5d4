import type { Binary } from 'bson';
import {
  canonicalizer,
  type CollectionPlan,
  LOWEST,
  packTuple,
  type Plan,
  type TablePlan,
  type ValueType,
} from '#model';
import type { ExpectedDocuments } from './expected.js';
import type { FoundId } from './target-documents.js';

/**
 * The root that an `_id` made of the root's key stands for, whether or not there is such a row; undefined where that cannot
 * be told from the `_id` alone. It is taken for true only because the mapping makes this very `_id` of that key.
 */
export class RootOfId {
  constructor(
    private readonly plan: Plan,
    private readonly expected: Pick<ExpectedDocuments, 'idOf'>,
  ) {}

  of(collection: CollectionPlan, found: FoundId): string | undefined {
    const table = this.plan.tables[this.plan.nodes[collection.root]?.table as number] as TablePlan;
    const values = keyValues(collection, table, found.documentId);
    if (values === undefined) return undefined;
    const root = canonicalizer(
      table.columns.map((column) => column.type),
      table.key,
    )(values);
    if (root === undefined) return undefined;
    const made = this.expected.idOf(collection, { _id: root, at: LOWEST, c: packTuple(values) });
    return made?.id === found.id ? root : undefined;
  }
}

/** The key's columns as the source's text, all others null. */
function keyValues(collection: CollectionPlan, table: TablePlan, documentId: unknown): (string | null)[] | undefined {
  const parts = partsOf(collection, documentId);
  if (parts === undefined || parts.length !== table.key.length || table.key.length === 0) return undefined;
  const values: (string | null)[] = table.columns.map(() => null);
  for (const { column, value } of parts) {
    if (!table.key.includes(column)) return undefined;
    const text = textOf((table.columns[column] as TablePlan['columns'][number]).type, value);
    if (text === undefined) return undefined;
    values[column] = text;
  }
  return values;
}

function partsOf({ id }: CollectionPlan, documentId: unknown): { column: number; value: unknown }[] | undefined {
  if (id.kind === 'column') return [{ column: id.column, value: documentId }];
  if (id.kind !== 'columns' || typeof documentId !== 'object' || documentId === null) return undefined;
  const fields = documentId as Record<string, unknown>;
  return id.fields.map(({ name, column }) => ({ column, value: fields[name] }));
}

const UUID = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/;

/** Only of types whose every value can be told from its BSON form. */
function textOf(type: ValueType, value: unknown): string | undefined {
  switch (type.kind) {
    case 'int16':
    case 'int32':
    case 'int64':
    case 'oid': {
      const text = String(value);
      return /^-?\d{1,19}$/.test(text) ? text : undefined;
    }
    case 'text':
    case 'char':
    case 'enum':
      return typeof value === 'string' ? value : undefined;
    case 'bool':
      return typeof value === 'boolean' ? (value ? 't' : 'f') : undefined;
    case 'uuid':
      return uuidOf(value);
    case 'date':
      return value instanceof Date && Number.isFinite(value.getTime()) ? value.toISOString().slice(0, 10) : undefined;
    default:
      return undefined;
  }
}

/** Not by `instanceof`: values that the driver has read are of its own copy of the BSON classes. */
function uuidOf(value: unknown): string | undefined {
  const binary = value as Partial<Binary> | null | undefined;
  if (binary?._bsontype !== 'Binary' || binary.length?.() !== 16) return undefined;
  return (binary as Binary).toString('hex').replace(UUID, '$1-$2-$3-$4-$5');
}
