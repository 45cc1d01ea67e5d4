import { type Plan, type TablePlan, unpackTuple } from '#model';
import { type CommittedChange, fieldOf, type Stored } from '../store/index.js';
import type { Model } from '../workload/index.js';

/** A staged row, as far as rows of the matrix are about it. Keys and references are texts of the columns, parted by `|`. */
export interface StagedImage {
  key: string;
  at: string;
  isGone: boolean;
  /** By the model's reference (its place in the table's list); undefined where it leads nowhere. */
  references: readonly (string | undefined)[];
  /** A number of most digits or the largest of its type, one that is none, or an empty text. */
  isAtEdge: boolean;
  /** Columns that the log left out are not known yet. */
  isMissing: boolean;
}

/** What one transaction did to one row. */
export interface Effect {
  table: string;
  key: string;
  before: StagedImage | undefined;
  after: StagedImage;
}

/** A reference of a table: `child`'s rows refer to `parent`'s by it. */
export interface Edge {
  child: string;
  parent: string;
  place: number;
}

const NAME = /^stage_(.+)_(\d+)$/;

/** The stage of an incarnation, as committed. */
export class Stage {
  readonly edges: readonly Edge[];
  private plan: Plan | undefined;
  /** By incarnation, table and `_id`. */
  private readonly rows = new Map<string, Map<string, Map<string, StagedImage>>>();
  private label = '';

  constructor(private readonly model: Pick<Model, 'tables'>) {
    this.edges = model.tables.flatMap(({ name, references }) =>
      references.map(({ table }, place) => ({ child: name, parent: table, place })),
    );
  }

  planned(plan: Plan): void {
    this.plan = plan;
  }

  nameOf(table: number): string {
    return this.plan?.tables[table]?.name ?? '';
  }

  /** Of the newest incarnation that staged anything. */
  byId(table: string, id: string): StagedImage | undefined {
    return this.rows.get(this.label)?.get(table)?.get(id);
  }

  *of(table: string): Generator<StagedImage> {
    yield* this.rows.get(this.label)?.get(table)?.values() ?? [];
  }

  present(table: string, key: string): StagedImage | undefined {
    for (const row of this.of(table)) if (row.key === key && !row.isGone) return row;
    return undefined;
  }

  *referring(parent: string, key: string): Generator<{ edge: Edge; row: StagedImage }> {
    for (const edge of this.edges) {
      if (edge.parent !== parent) continue;
      for (const row of this.of(edge.child)) if (!row.isGone && row.references[edge.place] === key) yield { edge, row };
    }
  }

  /** Takes the changes in, and says what they were to the rows. */
  take(changes: readonly CommittedChange[]): Effect[] {
    const effects: Effect[] = [];
    for (const change of changes) {
      const [, label = '', index = ''] = NAME.exec(change.collection) ?? [];
      const table = this.plan?.tables[Number(index)];
      if (label === '' || table === undefined || change.after === undefined) continue;
      this.label = label;
      effects.push(this.effect(this.rowsOf(label, table.name), table, change._id as string, change.after));
    }
    return effects;
  }

  private effect(rows: Map<string, StagedImage>, table: TablePlan, id: string, after: Stored): Effect {
    const before = rows.get(id);
    const image = this.imageOf(table, after, before?.key ?? id);
    rows.set(id, image);
    return { table: table.name, key: image.key, before, after: image };
  }

  private imageOf(table: TablePlan, row: Stored, keyBefore: string): StagedImage {
    const at = String(fieldOf(row, 'at'));
    const tuple = fieldOf(row, 'c');
    const isMissing = fieldOf(row, 'missing') !== undefined;
    if (typeof tuple !== 'string')
      return { key: keyBefore, at, isGone: fieldOf(row, 'gone') === true, references: [], isAtEdge: false, isMissing };
    const values = unpackTuple(tuple);
    const textOf = (names: readonly string[]): string | undefined => {
      const texts = names.map((name) => values[table.columns.findIndex((column) => column.name === name)] ?? null);
      return texts.includes(null) ? undefined : texts.join('|');
    };
    const { key = [], references = [] } = this.model.tables.find(({ name }) => name === table.name) ?? {};
    return {
      key: textOf(key) ?? keyBefore,
      at,
      isGone: false,
      references: references.map(({ columns }) => textOf(columns)),
      isAtEdge: values.some(isEdge),
      isMissing,
    };
  }

  private rowsOf(label: string, table: string): Map<string, StagedImage> {
    const tables = this.rows.get(label) ?? new Map<string, Map<string, StagedImage>>();
    this.rows.set(label, tables);
    const rows = tables.get(table) ?? new Map<string, StagedImage>();
    tables.set(table, rows);
    return rows;
  }
}

const EDGES: readonly (string | null)[] = ['', 'NaN', '-2147483648', '2147483647'];
const MANY_DIGITS = 30;

const isEdge = (value: string | null): boolean =>
  EDGES.includes(value) || (value !== null && /^[-.\d]+$/.test(value) && value.length >= MANY_DIGITS);
