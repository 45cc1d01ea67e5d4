/** Of a table of the simulated source. */
export interface ModelColumn {
  name: string;
  type: 'int' | 'text';
  /** A large text, which the log leaves out where an update does not change it. */
  isLarge?: boolean;
}

export interface ModelTable {
  name: string;
  columns: ModelColumn[];
  /** One or two columns of integers. */
  key: string[];
  references: ModelReference[];
}

/** `columns` hold the key of a row of `table`, or nulls. No constraint of the source demands that there is such a row. */
export interface ModelReference {
  columns: string[];
  table: string;
}

/** A place in a collection, as the job file has it. */
export interface ModelNode {
  table: string;
  /** Their column: the parent's column. Absent for a root. */
  on?: [theirs: string, mine: string][];
  /** Only these columns; all of them where absent. */
  fields?: string[];
  /** The number stands under RENAMED. */
  isRenamed?: boolean;
  /** The number is a text in the document. */
  isText?: boolean;
  /** Of itself, and of what is embedded in it and does not say so itself. Absent for a root: `keep`. */
  nulls?: 'keep' | 'omit';
  /** A field LABEL that an expression makes of the row's number and code. */
  isLabelled?: boolean;
  /** `throws`: of some rows nobody can say whether they belong. */
  where?: 'even' | 'hasCode' | 'throws';
  embed: ModelEmbed[];
}

export interface ModelEmbed {
  field: string;
  kind: 'one' | 'many';
  node: ModelNode;
  sort?: { column: string; isDescending: boolean };
  limit?: number;
  /** An array of this column's values. */
  value?: string;
  /** Of `one`: its fields stand beside the parent's, with this before their names. */
  flatPrefix?: string;
}

export interface ModelCollection {
  name: string;
  /** A column for `_id`, or several, over whose values rows may contend; the key where absent. */
  id?: string | string[];
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

export const RENAMED = 'number';
export const LABEL = 'label';
/** The name of large columns. */
export const LARGE = 'big';

export function tableNamed(model: Pick<Model, 'tables'>, name: string): ModelTable {
  const table = model.tables.find((each) => each.name === name);
  if (table === undefined) throw new RangeError(`the model has no table ${name}`);
  return table;
}
