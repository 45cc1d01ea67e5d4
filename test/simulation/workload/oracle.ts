import {
  BAD,
  CODE,
  EDGE,
  isShown,
  LABEL,
  type Model,
  type ModelCollection,
  type ModelEmbed,
  type ModelId,
  type ModelNode,
  type ModelRow,
  type ModelTable,
  type ModelType,
  NUMBER,
  shownName,
  tableNamed,
} from './model.js';

/**
 * A document in words: fields in order, `i5` for an int32, `l5` for an int64, `f5` for a double, `d1.50` for a decimal128, a JSON string for text, `null`. Equal exactly where
 * MongoDB's bytes are; but an ObjectId of a key is `o` and that key, since only the engine says which one it is.
 */
export type Words = string;

export type RowsOf = (table: string) => readonly ModelRow[];

export interface Expected {
  /** By `_id`. */
  documents: Map<Words, Words>;
  /** `_id`s of documents that cannot be written now: each is absent, or as it was once. */
  unwritable: Set<Words>;
  /** The rows' keys: what was written of them once may still stand where their `_id` was then. */
  unwritableRows: Set<Words>;
  /**
   * Of those, and of rows whose `_id` another one has: how many, and of which rows. Where a row with a lower key cannot be written, it depends on what was before whether a
   * further one has the `_id` or waits for it.
   */
  letters: { least: number; most: number; rows: Set<Words> };
}

/** Something that the document needs cannot be told. */
class Bad extends Error {}

/**
 * What the documents must be when the source is quiet, from the rows alone: by collection. It shares nothing with the engine: plain
 * loops over all rows, as the words of the contract have it.
 */
export function expectedDocuments(model: Model, rowsOf: RowsOf): Map<string, Expected> {
  return new Map(model.collections.map((each) => [each.name, documentsOf(model, each, rowsOf)]));
}

function documentsOf(model: Model, collection: ModelCollection, rowsOf: RowsOf): Expected {
  const { root } = collection;
  const table = tableNamed(model, root.table);
  const own = ownColumns(table, collection.id);
  const names = columnsOf(table, root).filter((name) => root.fields !== undefined || !own.includes(name));
  const omits = root.nulls === 'omit';
  const expected: Expected = {
    documents: new Map(),
    unwritable: new Set(),
    unwritableRows: new Set(),
    letters: { least: 0, most: 0, rows: new Set() },
  };
  // Rows that claim one `_id`: the lowest key has it. One of several columns has all of them.
  for (const row of [...rowsOf(table.name)].sort(byKey(table))) {
    const words = idOf(table, collection, row);
    const id = sameInWords(words);
    const key = keyInWords(table, row);
    try {
      if (!holds(root, row)) continue;
      if (words === 'null') throw new Bad();
      const rest = [
        ...fieldsOf(table, root, row, names, omits),
        ...labelOf(root, row),
        ...embeddedOf(model, root, row, rowsOf, omits),
      ];
      if (collection.isValidated && names.includes(NUMBER) && row[NUMBER] === String(BAD)) throw new Bad();
      const { documents, unwritable } = expected;
      if (unwritable.has(id) || documents.has(id)) aLetter(expected, key, { isSure: !unwritable.has(id) });
      else documents.set(id, object([['_id', words], ...rest]));
    } catch (error) {
      if (!(error instanceof Bad)) throw error;
      if (!expected.documents.has(id)) expected.unwritable.add(id);
      expected.unwritableRows.add(key);
      aLetter(expected, key, { isSure: true });
    }
  }
  return expected;
}

function ownColumns(table: ModelTable, id: ModelId | undefined): string[] {
  if (id === undefined) return table.key;
  if (id === 'computed' || id === 'objectId') return [];
  return 'column' in id ? [id.column] : id.columns;
}

function idOf(table: ModelTable, { id, root }: ModelCollection, row: ModelRow): Words {
  if (id === 'computed') return textOfLabel(row);
  if (id === 'objectId') return objectIdInWords(table.key.map((name) => [name, valueOf(table, row, name)]));
  const own = ownColumns(table, id);
  const isObject = id === undefined ? own.length > 1 : 'columns' in id;
  return isObject ? object(fieldsOf(table, root, row, own, false)) : valueOf(table, row, own[0] as string);
}

/** The one of a row with this key. */
export const objectIdInWords = (key: readonly (readonly [string, Words])[]): Words => sameInWords(`o${object(key)}`);

/** Of a key or an `_id`: the same for those that are equal in other words. */
export const sameInWords = (words: Words): Words => words.replaceAll(/d(\d+)\.0+(?=[,}]|$)/g, 'd$1');

/** Of a row; the same for keys that are equal in other words. */
export const keyInWords = (table: ModelTable, row: ModelRow): Words =>
  sameInWords(object(table.key.map((name) => [name, valueOf(table, row, name)])));

function aLetter({ letters }: Expected, key: Words, { isSure }: { isSure: boolean }): void {
  if (isSure) letters.least++;
  letters.most++;
  letters.rows.add(key);
}

function embeddedOf(
  model: Model,
  node: ModelNode,
  row: ModelRow,
  rowsOf: RowsOf,
  parentOmits: boolean,
): [string, Words][] {
  return node.embed.flatMap((embed): [string, Words][] => {
    const table = tableNamed(model, embed.node.table);
    const omits = omitsIn(embed.node, parentOmits);
    const joined = rowsOf(table.name).filter((their) => joins(table, embed.node, their, row));
    const matching = joined.filter((their) => holds(embed.node, their));
    const fieldsOfTheir = (their: ModelRow): [string, Words][] => [
      ...fieldsOf(table, embed.node, their, columnsOf(table, embed.node), omits),
      ...labelOf(embed.node, their),
      ...embeddedOf(model, embed.node, their, rowsOf, omits),
    ];
    const [first, second] = matching;
    if (embed.kind === 'one' && second !== undefined) throw new Bad();
    if (embed.flatPrefix !== undefined) {
      const fields = first === undefined ? emptyFields(model, embed.node, omits) : fieldsOfTheir(first);
      return fields.map(([name, words]) => [embed.flatPrefix + name, words]);
    }
    if (embed.kind === 'one' && first === undefined) return omits ? [] : [[embed.field, 'null']];
    if (embed.kind === 'one') return [[embed.field, object(fieldsOfTheir(first as ModelRow))]];
    const sorted = matching.sort(inOrder(table, embed)).slice(0, embed.limit);
    const { value } = embed;
    const each = sorted.map((their) =>
      value === undefined ? object(fieldsOfTheir(their)) : plainValue(table, embed.node, their, value),
    );
    const shown = each.filter((words) => value === undefined || !omits || words !== 'null');
    return [[embed.field, `[${shown.join(',')}]`]];
  });
}

/** What a flattened document without a row shows: its fields null, its arrays empty; nothing where nulls are left out. */
function emptyFields(model: Model, node: ModelNode, omits: boolean): [string, Words][] {
  if (omits) return [];
  const columns = columnsOf(tableNamed(model, node.table), node).map((name) => shownName(node, name));
  const names = [...columns, ...(node.label ? [LABEL] : [])];
  return [
    ...names.map((name): [string, Words] => [name, 'null']),
    ...node.embed.flatMap((embed): [string, Words][] => {
      if (embed.kind === 'many') return [[embed.field, '[]']];
      const childOmits = omitsIn(embed.node, omits);
      if (embed.flatPrefix === undefined) return childOmits ? [] : [[embed.field, 'null']];
      return emptyFields(model, embed.node, childOmits).map(([name, words]) => [embed.flatPrefix + name, words]);
    }),
  ];
}

function labelOf({ label }: ModelNode, row: ModelRow): [string, Words][] {
  if (label === undefined) return [];
  if (label === 'throws' && row[NUMBER] === String(BAD)) throw new Bad();
  return [[LABEL, textOfLabel(row)]];
}

const textOfLabel = (row: ModelRow): Words => JSON.stringify(`${row[NUMBER] ?? null}/${row[CODE] ?? null}`);

function plainValue(table: ModelTable, node: ModelNode, row: ModelRow, value: string): Words {
  return value === LABEL ? (labelOf(node, row)[0]?.[1] as Words) : shownOf(table, node, row, value);
}

function joins(table: ModelTable, { on = [] }: ModelNode, theirs: ModelRow, mine: ModelRow): boolean {
  return on.every(([their, my]) => {
    const [a, b] = [theirs[their] ?? null, mine[my] ?? null];
    return a !== null && b !== null && compare(typeOf(table, their), a, b) === 0;
  });
}

function holds({ where }: ModelNode, row: ModelRow): boolean {
  if (where === 'hasCode') return row[CODE] !== null;
  if (where === 'throws' && row[NUMBER] === String(BAD)) throw new Bad();
  if (where === 'even') return row[NUMBER] !== null && Number(row[NUMBER]) % 2 === 0;
  return true;
}

const columnsOf = (table: ModelTable, node: ModelNode): string[] =>
  table.columns.map(({ name }) => name).filter((name) => isShown(node, name));

const omitsIn = ({ nulls }: ModelNode, parentOmits: boolean): boolean =>
  nulls === undefined ? parentOmits : nulls === 'omit';

/** Each as the node shows it. */
function fieldsOf(
  table: ModelTable,
  node: ModelNode,
  row: ModelRow,
  names: readonly string[],
  omits: boolean,
): [string, Words][] {
  return names
    .filter((name) => !omits || row[name] !== null)
    .map((name) => [shownName(node, name), shownOf(table, node, row, name)]);
}

function shownOf(table: ModelTable, { types }: ModelNode, row: ModelRow, name: string): Words {
  const value = row[name] ?? null;
  const type = types?.[name];
  if (value !== null && type !== undefined)
    return type === 'string' ? JSON.stringify(value) : `${LETTERS[type]}${value}`;
  if (name === EDGE && value !== null && digitsOf(value) > MOST_DIGITS) throw new Bad();
  return valueOf(table, row, name);
}

/** Of integers. */
const LETTERS = { long: 'l', double: 'f', decimal: 'd' } as const;

function valueOf(table: ModelTable, row: ModelRow, name: string): Words {
  const value = row[name] ?? null;
  if (value === null) return 'null';
  const type = typeOf(table, name);
  if (type === 'text') return JSON.stringify(value);
  return type === 'int' ? `i${value}` : `d${value}`;
}

export const object = (fields: readonly (readonly [string, Words])[]): Words =>
  `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;

function inOrder(table: ModelTable, { sort = [] }: ModelEmbed): (a: ModelRow, b: ModelRow) => number {
  const then = byKey(table);
  const all = sort.map(({ column, isDescending }) => {
    const by = byColumn(table, column);
    return (a: ModelRow, b: ModelRow) => (isDescending ? by(b, a) : by(a, b));
  });
  return (a, b) => all.reduce((order, by) => order || by(a, b), 0) || then(a, b);
}

function byKey(table: ModelTable): (a: ModelRow, b: ModelRow) => number {
  const columns = table.key.map((name) => byColumn(table, name));
  return (a, b) => columns.reduce((order, by) => order || by(a, b), 0);
}

/** Nulls first. */
function byColumn(table: ModelTable, name: string): (a: ModelRow, b: ModelRow) => number {
  const type = typeOf(table, name);
  return (a, b) => {
    const [x, y] = [a[name] ?? null, b[name] ?? null];
    if (x === null || y === null) return Number(x !== null) - Number(y !== null);
    return compare(type, x, y);
  };
}

const typeOf = (table: ModelTable, name: string): ModelType =>
  table.columns.find((column) => column.name === name)?.type ?? 'text';

/** Text by its bytes; NaN is more than any number. */
function compare(type: ModelType, a: string, b: string): number {
  if (a === b) return 0;
  if (type === 'int') return Number(a) - Number(b);
  if (type === 'text') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (a === NAN || b === NAN) return a === NAN ? 1 : -1;
  const [x, y] = [scaled(a), scaled(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

const NAN = 'NaN';
/** Of decimal128. */
const MOST_DIGITS = 34;
/** No value has more. */
const FRACTION_DIGITS = 40;

const digitsOf = (value: string): number => value.replaceAll(/[-.]/g, '').length;

function scaled(value: string): bigint {
  const [whole = '', fraction = ''] = value.split('.');
  return BigInt(whole + fraction.padEnd(FRACTION_DIGITS, '0'));
}
