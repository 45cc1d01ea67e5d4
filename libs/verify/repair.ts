import type { RowTree } from '#mapping';
import type { CollectionPlan, EdgePlan, NodePlan, Position, StagedRow, TablePlan } from '#model';
import type { Judged } from './judge.js';
import type { RepairRecord, VerifyDeps } from './ports.js';
import { SourceTrees } from './source-trees.js';
import { type FoundId, TargetDocuments } from './target-documents.js';

const ROOTS_AT_ONCE = 200;
const RECORD_OVERHEAD_BYTES = 200;

/**
 * Rebuilds wrong documents by staging their rows again: only the write actor writes documents, and from the stage alone.
 *
 * At a marker L (everything up to it visible) the roots' rows are read from the source: those that its joins lead to, and
 * those that the *stage's* joins lead to, since a row that is wrong on the stage may stand in this document while the
 * source has it elsewhere, or nowhere. What the reading saw beyond L was committed before a second marker is written; the
 * records go into the log where that one comes back, at position L. So a row with a captured change above L keeps it,
 * every other row becomes what the source said, absent ones `gone`, and each touches what it stood in and stands in.
 */
export class Repairer {
  readonly #trees: SourceTrees;
  readonly #target: TargetDocuments;

  constructor(private readonly deps: VerifyDeps) {
    this.#trees = new SourceTrees(deps);
    this.#target = new TargetDocuments(deps.store);
  }

  /** Resolves when the documents have been written again, as far as the source and the writer see a reason to. */
  async repair(collection: CollectionPlan, wrong: readonly Judged[], signal: AbortSignal): Promise<void> {
    const roots = [...new Set(wrong.map(({ question }) => question.root))];
    for (let start = 0; start < roots.length; start += ROOTS_AT_ONCE) {
      const some = roots.slice(start, start + ROOTS_AT_ONCE);
      const at = await this.deps.control.visible(signal);
      const records = await this.#rowsAt(collection, some, at);
      await this.deps.control.appendAtMarker(records, signal);
    }
    await this.deps.control.drained(signal);
  }

  /** A document that no root makes: whether it was deleted. */
  async removeOrphan(collection: CollectionPlan, { id, documentId }: FoundId): Promise<boolean> {
    const found = (await this.#target.byIds(collection, [documentId])).get(id);
    if (found === undefined || this.deps.remover === undefined) return found === undefined;
    return this.deps.remover.removeOrphan(collection.index, found.documentId, found.bytes);
  }

  async #rowsAt(collection: CollectionPlan, roots: readonly string[], at: Position): Promise<RepairRecord[]> {
    const root = this.#node(collection.root);
    const keys = new KeysByTable();
    for (const key of roots) keys.add(root.table, key);
    await this.#addStaged(root, await this.#stagedRows(root.table, roots), keys);
    const reader = await this.deps.source.openReader();
    try {
      const rows = new RowsByTable();
      for (const tree of await this.#trees.ofRoots(reader, collection, roots)) this.#addTree(root, tree, rows);
      for (const [table, wanted] of keys.tables) {
        const unread = [...wanted].filter((key) => !rows.of(table).has(key));
        for (const row of await this.#trees.ofKeys(reader, this.deps.plan.tables[table] as TablePlan, unread)) {
          rows.of(table).set(row._id, row);
        }
        for (const key of unread) if (!rows.of(table).has(key)) rows.of(table).set(key, null);
      }
      return rows.records(at);
    } finally {
      await reader.close();
    }
  }

  /** Keys of all rows that the stage's joins lead to, level by level. */
  async #addStaged(node: NodePlan, parents: readonly StagedRow[], keys: KeysByTable): Promise<void> {
    for (const childId of node.children) {
      const child = this.#node(childId);
      const edge = child.edge as EdgePlan;
      const values = new Set<string>();
      for (const parent of parents) {
        const value = edge.parent.name === null ? parent._id : parent.k?.[edge.parent.name];
        if (value !== undefined) values.add(value);
      }
      if (values.size === 0) continue;
      const rows =
        edge.child.name === null
          ? await this.#stagedRows(child.table, [...values])
          : await this.deps.state.joined(child.table, edge.child.name, [...values]);
      for (const row of rows) keys.add(child.table, row._id);
      if (rows.length > 0)
        await this.#addStaged(
          child,
          rows.filter((row) => !row.gone),
          keys,
        );
    }
  }

  #stagedRows(table: number, keys: readonly string[]): Promise<StagedRow[]> {
    return this.deps.state.staged(table, keys);
  }

  #addTree(node: NodePlan, tree: RowTree, rows: RowsByTable): void {
    rows.of(node.table).set(tree.row._id, tree.row);
    for (const [place, childId] of node.children.entries()) {
      for (const child of tree.children[place] ?? []) this.#addTree(this.#node(childId), child, rows);
    }
  }

  #node(id: number): NodePlan {
    return this.deps.plan.nodes[id] as NodePlan;
  }
}

class KeysByTable {
  readonly tables = new Map<number, Set<string>>();

  add(table: number, key: string): void {
    const keys = this.tables.get(table);
    if (keys === undefined) this.tables.set(table, new Set([key]));
    else keys.add(key);
  }
}

/** Null: the source has no such row. */
class RowsByTable {
  readonly #tables = new Map<number, Map<string, StagedRow | null>>();

  of(table: number): Map<string, StagedRow | null> {
    let rows = this.#tables.get(table);
    if (rows === undefined) this.#tables.set(table, (rows = new Map()));
    return rows;
  }

  records(at: Position): RepairRecord[] {
    const records: RepairRecord[] = [];
    for (const [table, rows] of this.#tables) {
      for (const [key, row] of rows) {
        const tuple = row === null ? null : (row.c ?? null);
        if (row !== null && tuple === null) continue; // Too large for the stage: what is staged says so already.
        records.push({
          kind: 'repair',
          table,
          key,
          at,
          tuple,
          bytes: RECORD_OVERHEAD_BYTES + 2 * (key.length + (tuple?.length ?? 0)),
        });
      }
    }
    return records;
  }
}
