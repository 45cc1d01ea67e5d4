export type ModelType = 'int' | 'text' | 'numeric';

/** As the job file calls them. */
export type ModelFieldNames = 'camelCase' | 'PascalCase' | 'snake_case';
export type ModelFieldType = 'string' | 'long' | 'double' | 'decimal';

/** Of a table of the simulated source. */
export interface ModelColumn {
  name: string;
  type: ModelType;
  /** A large text, which the log leaves out where an update does not change it. */
  isLarge?: boolean;
}

export interface ModelTable {
  name: string;
  columns: ModelColumn[];
  /** One or two columns, the first of any type. */
  key: string[];
  /** By a unique index, which is the replica identity, too; there is no primary key. */
  isKeyedByIndex?: boolean;
  references: ModelReference[];
  /** The source has its references as foreign keys. */
  isBound?: boolean;
}

/** `columns` hold the key of a row of `table`, or nulls. Where no constraint of the source demands it, such a row need not be there. */
export interface ModelReference {
  columns: string[];
  table: string;
}

/** A place in a collection, as the job file has it. */
export interface ModelNode {
  table: string;
  /** Their column: the parent's column. Absent for a root. */
  on?: [theirs: string, mine: string][];
  /** The job file leaves `on` to the one foreign key that there is. */
  isInferred?: boolean;
  /** Only these columns; all of them where absent. */
  fields?: string[];
  /** All but these columns. */
  omitted?: string[];
  /** The names of columns are made so; as they are where absent. */
  fieldNames?: ModelFieldNames;
  /** Columns under names of their own. */
  renames?: Readonly<Record<string, string>>;
  /** Columns, none of a key, as values of another type. */
  types?: Readonly<Record<string, ModelFieldType>>;
  /** Of itself, and of what is embedded in it and does not say so itself. Absent for a root: `keep`. */
  nulls?: 'keep' | 'omit';
  /** A field LABEL that an expression makes of the row's number and code. `throws`: of some rows it makes nothing. */
  label?: 'plain' | 'throws';
  /** `throws`: of some rows nobody can say whether they belong. */
  where?: 'even' | 'hasCode' | 'throws';
  embed: ModelEmbed[];
}

export interface ModelEmbed {
  field: string;
  kind: 'one' | 'many';
  node: ModelNode;
  sort?: { column: string; isDescending: boolean }[];
  limit?: number;
  /** An array of this column's values, or of LABEL's. */
  value?: string;
  /** Of `one`: its fields stand beside the parent's, with this before their names; the empty text where they have names of their own. */
  flatPrefix?: string;
}

/**
 * What documents have as `_id`: columns, over whose values rows may contend, as they may over what an expression makes of the number
 * and the code; or an ObjectId of the key.
 */
export type ModelId = { column: string } | { columns: string[] } | 'computed' | 'objectId';

export interface ModelCollection {
  name: string;
  /** The key where absent. */
  id?: ModelId;
  /** MongoDB's validation refuses some documents: those of roots with the number BAD. */
  isValidated?: boolean;
  root: ModelNode;
}

export interface Model {
  tables: ModelTable[];
  collections: ModelCollection[];
}

/** Values as the source's text. */
export type ModelRow = Readonly<Record<string, string | null>>;

/** Every table has these: a number that each insert draws anew, and one that each change does. */
export const BORN = 'born';
export const VERSION = 'v';
/** What `where` looks at. */
export const NUMBER = 'n';
/** The number of rows that are bad where something is made of that. */
export const BAD = 7;
/** What documents may have as `_id`. */
export const CODE = 'code';
/** A numeric without bounds, so that it may have more digits than a document can. */
export const EDGE = 'x';

/** A column that comes later, with changes of the schema. */
export const ADDED = 'extra';

export const LABEL = 'label';
/** The name of large columns. */
export const LARGE = 'big';

/** Texts that other databases take for equal: by pairs but for case, or a blank at the end. */
const TEXTS = ['a', 'A', 'a ', 'b', 'B', 'b '];
/** Equal numbers in other words. */
const FRACTIONS = ['', '.0', '.00'];

/** The value of a key, and of what refers to it. `place`: 1 to 6; `form`: 0 to 2, of the same key. */
export function keyValue(type: ModelType, place: number, form: number): number | string {
  if (type === 'int') return place;
  return type === 'text' ? (TEXTS[place - 1] as string) : `${place}${FRACTIONS[form]}`;
}

/** Whether a column is among the fields. */
export function isShown({ fields, omitted = [] }: ModelNode, column: string): boolean {
  return fields === undefined ? !omitted.includes(column) : fields.includes(column);
}

/** A column's name as a field. No column has a capital letter, or a digit after an underscore. */
export function shownName({ renames, fieldNames }: Pick<ModelNode, 'renames' | 'fieldNames'>, column: string): string {
  const renamed = renames?.[column];
  if (renamed !== undefined) return renamed;
  if (fieldNames === undefined || fieldNames === 'snake_case') return column;
  const start = fieldNames === 'PascalCase' ? /(?:^|_)(.)/g : /_(.)/g;
  return column.replace(start, (_, letter: string) => letter.toUpperCase());
}

/** Whether a field is the column's, which was not renamed, in any style of names. */
export const isFieldOf = (column: string, field: string): boolean => field.toLowerCase() === column;

export function tableNamed(model: Pick<Model, 'tables'>, name: string): ModelTable {
  const table = model.tables.find((each) => each.name === name);
  if (table === undefined) throw new RangeError(`the model has no table ${name}`);
  return table;
}

export function collectionNamed(model: Pick<Model, 'collections'>, name: string): ModelCollection {
  const collection = model.collections.find((each) => each.name === name);
  if (collection === undefined) throw new RangeError(`the model has no collection ${name}`);
  return collection;
}

/** Whether something may keep its documents from being written, and can be mended row by row: nothing hangs on what other rows have. */
export function isMendable(model: Model): boolean {
  const { collections } = model;
  const canFail = ({ isValidated, root }: ModelCollection) => isValidated || canNodeFail(model, root);
  return collections.some(canFail) && collections.every((each) => !isContended(model, each) && hasOnesByKey(each.root));
}

function canNodeFail(model: Model, node: ModelNode): boolean {
  const { where, label, types, embed } = node;
  const hasEdge = tableNamed(model, node.table).columns.some(({ name }) => name === EDGE);
  if (where === 'throws' || label === 'throws') return true;
  if (hasEdge && isShown(node, EDGE) && types?.[EDGE] !== 'string') return true;
  return embed.some((each) => canNodeFail(model, each.node));
}

function hasOnesByKey({ embed }: ModelNode): boolean {
  return embed.every(({ kind, node }) => {
    const isByKey = node.on?.every(([theirs]) => theirs !== CODE && theirs !== NUMBER) ?? true;
    return (kind === 'many' || isByKey) && hasOnesByKey(node);
  });
}

/** Whether two rows could have one `_id`, or one row two of them in turn while it is the same row. */
export function isContended(model: Model, { id, root }: ModelCollection): boolean {
  const { key, columns } = tableNamed(model, root.table);
  if (id === undefined) return columns.some(({ name, type }) => key.includes(name) && type === 'numeric');
  return id !== 'objectId';
}
