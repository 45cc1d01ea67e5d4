import type { BsonType, IdPlan, NodePlan, ValueType } from '#model';
import type { Path } from '../job-file/problem.js';
import type { IdMapping } from '../job-file/schema.js';
import { DocumentScope } from './document-scope.js';
import { checkExpressionAt } from './expression-syntax.js';
import type { FieldRules } from './fields.js';
import { addExpression } from './node-draft.js';
import type { Report } from './report.js';
import type { TableUse } from './table-use.js';
import { checkConversion } from './types.js';

export interface IdRequest {
  id: IdMapping | undefined;
  table: TableUse;
  node: NodePlan;
  rules: FieldRules;
  /** Of the collection. */
  path: Path;
  mode: 'snapshot' | 'continuous';
  /** Of `types._id`, for a computed `_id`. */
  computedType: BsonType | undefined;
}

export interface ResolvedId {
  id: IdPlan;
  /** Columns that are not repeated as fields. */
  columns: Set<number>;
  claims: boolean;
}

/** What becomes `_id`, which columns that takes, and whether two rows could ever claim the same one. */
export function resolveId(request: IdRequest, report: Report): ResolvedId | undefined {
  const { id, table, path } = request;
  if (id === undefined) return keyId(request, report);
  if (typeof id === 'string') {
    const column = table.find(id, [...path, 'id'], 'value', report);
    return column === undefined ? undefined : columnId(request, column, report);
  }
  if (Array.isArray(id)) return listId(request, id, report);
  return 'computed' in id && id.computed !== undefined
    ? computedId(request, id.computed, report)
    : objectId(request, report);
}

function keyId(request: IdRequest, report: Report): ResolvedId | undefined {
  const { table, mode, path } = request;
  if (table.idKey) {
    const columns = table.idKey.columns.map((name) => table.indexOf(name));
    return columns.length === 1
      ? columnId(request, columns[0] as number, report)
      : subDocument(request, columns, report);
  }
  if (mode === 'continuous') return { id: { kind: 'objectId' }, columns: new Set(), claims: true };
  report.atKey(
    path,
    'ID_IMPOSSIBLE',
    `${table.label} has no key to make \`_id\` of: name a column by \`id\`, or give the table a primary key`,
  );
  return undefined;
}

function objectId(request: IdRequest, report: Report): ResolvedId | undefined {
  if (!request.table.key && request.mode === 'snapshot') {
    report.atValue(
      [...request.path, 'id'],
      'ID_IMPOSSIBLE',
      `an ObjectId is derived from the key, and ${request.table.label} has none: name a column, or give the table a primary key`,
    );
    return undefined;
  }
  return { id: { kind: 'objectId' }, columns: new Set(), claims: true };
}

function computedId(request: IdRequest, expression: string, report: Report): ResolvedId {
  checkExpressionAt(expression, [...request.path, 'id', 'computed'], request.table, report);
  const type = request.computedType === undefined ? {} : { type: request.computedType };
  return {
    id: { kind: 'computed', expression: addExpression(request.node, expression), ...type },
    columns: new Set(),
    claims: true,
  };
}

function columnId(request: IdRequest, column: number, report: Report): ResolvedId | undefined {
  const { table, rules, path } = request;
  const { name, type: source } = table.column(column);
  const type = rules.typeOf(column);
  if (source.kind === 'array' && type !== 'string') {
    report.atValue(
      [...path, 'id'],
      'ID_IMPOSSIBLE',
      `${table.label}.${name} is an array, which MongoDB does not take as \`_id\`: name another column, or write types: { ${name}: string }`,
    );
    return undefined;
  }
  checkConversion(table, column, type, rules.typePath(name), report);
  table.use([column]);
  return {
    id: { kind: 'column', column, ...(type === undefined ? {} : { type }) },
    columns: new Set([column]),
    claims: claims(request, [column]),
  };
}

function listId(request: IdRequest, names: readonly string[], report: Report): ResolvedId | undefined {
  const columns: number[] = [];
  names.forEach((name, i) => {
    const path = [...request.path, 'id', i];
    const column = request.table.find(name, path, 'value', report);
    if (column === undefined) return;
    if (columns.includes(column)) report.atValue(path, 'FIELD_TWICE', `\`id\` names ${name} twice: remove one of them`);
    columns.push(column);
  });
  return columns.length === names.length ? subDocument(request, columns, report) : undefined;
}

function subDocument(request: IdRequest, columns: number[], report: Report): ResolvedId {
  const { table, rules, path } = request;
  const scope = new DocumentScope(report);
  const fields = columns.map((column) => {
    const { name } = table.column(column);
    const field = rules.nameOf(column);
    scope.claim(field, {
      what: `column ${name} of ${table.label}, part of \`_id\``,
      path: [...path, 'id'],
      at: 'value',
      fix: `rename it: rename: { ${name}: … }`,
    });
    const type = rules.typeOf(column);
    checkConversion(table, column, type, rules.typePath(name), report);
    return { name: field, column, ...(type === undefined ? {} : { type }) };
  });
  table.use(columns);
  return { id: { kind: 'columns', fields }, columns: new Set(columns), claims: claims(request, columns) };
}

const STABLE: ReadonlySet<ValueType['kind']> = new Set([
  'int16',
  'int32',
  'int64',
  'oid',
  'text',
  'uuid',
  'bool',
  'bytes',
  'date',
]);

/**
 * Whether two rows could have one `_id`, or a row's change while it stays the same row. Not so where `_id` is exactly the
 * key, of types where equal keys have equal values in BSON, and unequal ones unequal values: a numeric key's 1.0 and 1.00
 * are one key and, in decimal128, two representations; a timestamp's two keys may be one date.
 */
function claims({ table, rules }: IdRequest, columns: readonly number[]): boolean {
  const key = table.keyColumns;
  const isKey = key.length > 0 && key.length === columns.length && key.every((column) => columns.includes(column));
  return (
    !isKey ||
    columns.some((column) => rules.typeOf(column) !== undefined || !STABLE.has(table.column(column).type.kind))
  );
}
