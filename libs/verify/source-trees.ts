import { compileRowStager, groupParents, leaf, type RowTree } from '#mapping';
import { type CollectionPlan, type EdgePlan, type NodePlan, type StagedRow, type TablePlan, unpackTuple } from '#model';
import type { LoadedRows, SourceReader } from '#sources';
import { RowMerge } from '#stage';
import { textsOfCanonical } from './key-text.js';
import type { SourceDocumentDeps } from './ports.js';

export interface RootPage {
  trees: RowTree[];
  /** Of all rows read, in memory. */
  bytes: number;
  /** Where the next page begins; null: this was the last. */
  next: readonly string[] | null;
}

const VALUES_PER_QUERY = 5_000;

/**
 * Reads, straight from the source, the row trees that the stage would give for the same roots: the same keys and join
 * values by the same code, expressions evaluated, level by level (one query per edge and batch, never per root). All
 * queries of one call are of the reader's one snapshot. A row that several parents embed is read once and shared; one
 * that stands at several nodes is one row there, too.
 */
export class SourceTrees {
  readonly #merges: RowMerge[];

  constructor(private readonly deps: Pick<SourceDocumentDeps, 'plan' | 'evaluator'>) {
    const { plan } = deps;
    this.#merges = plan.tables.map((table) => {
      const stager = compileRowStager(plan, table.index);
      return new RowMerge(table, (tuple) => stager.ofTuple(tuple));
    });
  }

  /** The collection's roots in key order, with all that they embed. */
  async page(
    reader: SourceReader,
    collection: CollectionPlan,
    after: readonly string[] | null,
    limit: number,
  ): Promise<RootPage> {
    return this.#page(reader, collection, { after, limit, alone: false });
  }

  /** As `page`, of roots alone, without what they embed. */
  async rootsPage(
    reader: SourceReader,
    collection: CollectionPlan,
    after: readonly string[] | null,
    limit: number,
  ): Promise<RootPage> {
    return this.#page(reader, collection, { after, limit, alone: true });
  }

  /** Roots that were read otherwise (a table without key), with all that they embed or alone. */
  async loaded(reader: SourceReader, collection: CollectionPlan, rows: LoadedRows, alone: boolean): Promise<RootPage> {
    const batch = new TreeBatch(rows.bytes);
    const staged = this.#staged(this.#rootTable(collection), rows, batch);
    const trees = alone ? this.#alone(collection, staged) : await this.#grow(reader, collection, staged, batch);
    return { trees, bytes: batch.bytes, next: null };
  }

  async #page(
    reader: SourceReader,
    collection: CollectionPlan,
    { after, limit, alone }: { after: readonly string[] | null; limit: number; alone: boolean },
  ): Promise<RootPage> {
    const table = this.#rootTable(collection);
    const rows = await reader.page(table, after, limit);
    const page = await this.loaded(reader, collection, rows, alone);
    return { ...page, next: rows.keys.length < limit ? null : keyOfLast(table, rows) };
  }

  /** Roots by canonical key; those that the source does not have are left out. */
  async ofRoots(reader: SourceReader, collection: CollectionPlan, roots: readonly string[]): Promise<RowTree[]> {
    const table = this.#rootTable(collection);
    const batch = new TreeBatch(0);
    const rows = await this.#matching(reader, table, table.key, roots, batch);
    return this.#grow(reader, collection, rows, batch);
  }

  /** Rows of a table by canonical key; those that the source does not have are left out. */
  ofKeys(reader: SourceReader, table: TablePlan, keys: readonly string[]): Promise<StagedRow[]> {
    return this.#matching(reader, table, table.key, keys, new TreeBatch(0));
  }

  async #grow(
    reader: SourceReader,
    collection: CollectionPlan,
    rows: StagedRow[],
    batch: TreeBatch,
  ): Promise<RowTree[]> {
    const trees = this.#alone(collection, rows);
    await this.#level(reader, this.#node(collection.root), trees, batch);
    return trees;
  }

  #alone(collection: CollectionPlan, rows: readonly StagedRow[]): RowTree[] {
    const root = this.#node(collection.root);
    this.#evaluate(root, rows);
    return rows.map((row) => leaf(root, row));
  }

  async #level(reader: SourceReader, node: NodePlan, parents: readonly RowTree[], batch: TreeBatch): Promise<void> {
    for (const [place, childId] of node.children.entries()) {
      const child = this.#node(childId);
      const edge = child.edge as EdgePlan;
      const byValue = groupParents(edge, parents);
      if (byValue.size === 0) continue;
      const table = this.deps.plan.tables[child.table] as TablePlan;
      const rows = await this.#matching(reader, table, edge.child.columns, [...byValue.keys()], batch);
      this.#evaluate(child, rows);
      const trees: RowTree[] = [];
      for (const row of rows) {
        const value = edge.child.name === null ? row._id : row.k?.[edge.child.name];
        const tree = leaf(child, row);
        trees.push(tree);
        for (const parent of byValue.get(value as string) ?? []) (parent.children[place] as RowTree[]).push(tree);
      }
      if (trees.length > 0) await this.#level(reader, child, trees, batch);
    }
  }

  /** `values`: canonical, distinct. What the source cannot have is not asked for. */
  async #matching(
    reader: SourceReader,
    table: TablePlan,
    columns: readonly number[],
    values: readonly string[],
    batch: TreeBatch,
  ): Promise<StagedRow[]> {
    const types = columns.map((column) => (table.columns[column] as TablePlan['columns'][number]).type);
    const texts: string[][] = [];
    for (const value of values) {
      const text = textsOfCanonical(value, types);
      if (text !== undefined) texts.push(text);
    }
    let rows: StagedRow[] = [];
    for (let start = 0; start < texts.length; start += VALUES_PER_QUERY) {
      const loaded = await reader.matching(table, columns, texts.slice(start, start + VALUES_PER_QUERY));
      batch.bytes += loaded.bytes;
      rows = rows.concat(this.#staged(table, loaded, batch));
    }
    return rows;
  }

  /** One object per row of the batch, wherever it stands. */
  #staged(table: TablePlan, loaded: LoadedRows, batch: TreeBatch): StagedRow[] {
    const merge = this.#merges[table.index] as RowMerge;
    const known = batch.rows(table.index);
    return loaded.keys.map((key, i) => {
      let row = known.get(key);
      if (row === undefined) known.set(key, (row = merge.loaded(undefined, key, loaded.tuples[i] as string)));
      return row;
    });
  }

  #evaluate(node: NodePlan, rows: readonly StagedRow[]): void {
    if (node.expressions.length === 0) return;
    const whole = rows.filter((row) => row.c !== undefined);
    if (whole.length === 0) return;
    const results = this.deps.evaluator.evaluate(
      node.id,
      whole.map((row) => unpackTuple(row.c as string)),
    );
    whole.forEach((row, i) => {
      row.x ??= {};
      row.x[String(node.id)] = results[i] as NonNullable<(typeof results)[number]>;
    });
  }

  #rootTable(collection: CollectionPlan): TablePlan {
    return this.deps.plan.tables[this.#node(collection.root).table] as TablePlan;
  }

  #node(id: number): NodePlan {
    return this.deps.plan.nodes[id] as NodePlan;
  }
}

/** Rows of one call by table and key, and their size. */
class TreeBatch {
  readonly #tables = new Map<number, Map<string, StagedRow>>();

  constructor(public bytes: number) {}

  rows(table: number): Map<string, StagedRow> {
    let rows = this.#tables.get(table);
    if (rows === undefined) this.#tables.set(table, (rows = new Map()));
    return rows;
  }
}

function keyOfLast(table: TablePlan, loaded: LoadedRows): string[] | null {
  const tuple = loaded.tuples.at(-1);
  if (tuple === undefined || table.key.length === 0) return null;
  const values = unpackTuple(tuple);
  return table.key.map((column) => values[column] as string);
}
