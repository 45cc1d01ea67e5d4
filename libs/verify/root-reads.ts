import type { RowTree } from '#mapping';
import type { CollectionPlan, NodePlan } from '#model';
import { type Expected, ExpectedDocuments } from './expected.js';
import type { VerifyDeps } from './ports.js';
import { SourceTrees } from './source-trees.js';

/** One root as the source has it now; without a tree: the source has no such row. */
export interface RootRead {
  expected: Expected;
  tree?: RowTree;
}

/** Reads of single roots, by key, as the rounds of judging need them. */
export class RootReads {
  readonly #trees: SourceTrees;
  readonly #expected: ExpectedDocuments;

  constructor(private readonly deps: VerifyDeps) {
    this.#trees = new SourceTrees(deps);
    this.#expected = new ExpectedDocuments(deps.plan, deps.assembler);
  }

  /** What the mapping makes of the roots now, all of one snapshot of the source. */
  async now(collection: CollectionPlan, roots: readonly string[]): Promise<Map<string, RootRead>> {
    const reads = new Map<string, RootRead>(roots.map((root) => [root, { expected: { kind: 'absent', root } }]));
    const reader = await this.deps.source.openReader();
    try {
      for (const tree of await this.#trees.ofRoots(reader, collection, roots)) {
        reads.set(tree.row._id, { expected: this.#expected.of(collection, tree), tree });
      }
      return reads;
    } finally {
      await reader.close();
    }
  }

  /** Roots whose `_id` belongs to a root with a lower key that makes the same `_id` of its row now. */
  async outranked(collection: CollectionPlan, reads: ReadonlyMap<string, RootRead>): Promise<Set<string>> {
    const outranked = new Set<string>();
    if (!collection.claims) return outranked;
    const claiming = [...reads.values()]
      .map((read) => read.expected)
      .filter((expected) => expected.kind === 'document');
    const owners = await this.deps.state.owners(
      collection.index,
      claiming.map((expected) => expected.documentId),
    );
    const rivalOf = (i: number, root: string) => (owners[i] !== undefined && owners[i] < root ? owners[i] : undefined);
    const rivals = claiming.map((expected, i) => rivalOf(i, expected.root));
    const made = await this.now(collection, [...new Set(rivals.filter((rival) => rival !== undefined))]);
    for (const [i, expected] of claiming.entries()) {
      const theirs = made.get(rivals[i] ?? '')?.expected;
      if (theirs !== undefined && theirs.kind !== 'absent' && theirs.id === expected.id) outranked.add(expected.root);
    }
    return outranked;
  }

  /** Roots in whose documents a staged row stands corrected by an operator. */
  async edited(collection: CollectionPlan, reads: ReadonlyMap<string, RootRead>): Promise<Set<string>> {
    const rows = new RowsOfRoots();
    for (const { tree } of reads.values())
      if (tree !== undefined) this.#collect(collection.root, tree, tree.row._id, rows);
    const edited = new Set<string>();
    for (const [table, roots] of rows.tables) {
      for (const row of await this.deps.state.staged(table, [...roots.keys()])) {
        if (row.edit === undefined || row.edit.at !== row.at) continue;
        for (const root of roots.get(row._id) ?? []) edited.add(root);
      }
    }
    return edited;
  }

  #collect(nodeId: number, tree: RowTree, root: string, rows: RowsOfRoots): void {
    const node = this.deps.plan.nodes[nodeId] as NodePlan;
    rows.add(node.table, tree.row._id, root);
    for (const [place, child] of node.children.entries()) {
      for (const row of tree.children[place] ?? []) this.#collect(child, row, root, rows);
    }
  }
}

/** Row keys by table, each with the roots whose documents it is part of. */
class RowsOfRoots {
  readonly tables = new Map<number, Map<string, Set<string>>>();

  add(table: number, key: string, root: string): void {
    let keys = this.tables.get(table);
    if (keys === undefined) this.tables.set(table, (keys = new Map()));
    const roots = keys.get(key);
    if (roots === undefined) keys.set(key, new Set([root]));
    else roots.add(root);
  }
}
