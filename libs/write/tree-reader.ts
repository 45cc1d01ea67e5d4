import { groupParents, leaf, type RowTree } from '#mapping';
import type { EdgePlan, NodePlan, Plan, StagedRow } from '#model';
import { type IncarnationNames, PacedReads, type ReadBudget } from '#stage';
import type { StoreReader } from '#store';

export interface Trees {
  /** By root key; a root that is not on the stage is not here. */
  rows: Map<string, StagedRow>;
  trees: Map<string, RowTree>;
}

/**
 * Reads the staged rows that documents are made of, level by level: one query per edge and batch, never per root. A row
 * that several parents embed is read once, and its tree is shared.
 */
export class TreeReader {
  private readonly reads = new Map<number, PacedReads>();

  constructor(
    private readonly plan: Plan,
    private readonly names: IncarnationNames,
  ) {}

  async read(tx: StoreReader, collection: number, roots: readonly string[]): Promise<Trees> {
    const rootNode = this.nodeOf(this.plan.collections[collection]?.root as number);
    const stage = this.names.stage(rootNode.table);
    const budget: ReadBudget = { bytes: 0, keys: roots.length };
    const find = async (keys: readonly string[]) => (await tx.byIds(stage, keys)) as unknown as StagedRow[];
    const found = await this.readsOf(rootNode).read(roots, budget, find);
    const rows = new Map(found.map((row) => [row._id, row]));
    const trees = new Map<string, RowTree>();
    for (const row of found) if (!row.gone) trees.set(row._id, leaf(rootNode, row));
    await this.level(tx, rootNode, [...trees.values()], budget);
    return { rows, trees };
  }

  private async level(tx: StoreReader, node: NodePlan, parents: RowTree[], budget: ReadBudget): Promise<void> {
    for (const [index, childId] of node.children.entries()) {
      const child = this.nodeOf(childId);
      const edge = child.edge as EdgePlan;
      const byValue = groupParents(edge, parents);
      if (byValue.size === 0) continue;
      const trees: RowTree[] = [];
      for (const row of await this.children(tx, child, edge, [...byValue.keys()], budget)) {
        if (row.gone) continue;
        const value = edge.child.name === null ? row._id : row.k?.[edge.child.name];
        const tree = leaf(child, row);
        trees.push(tree);
        for (const parent of byValue.get(value as string) ?? []) (parent.children[index] as RowTree[]).push(tree);
      }
      if (trees.length > 0) await this.level(tx, child, trees, budget);
    }
  }

  private children(
    tx: StoreReader,
    child: NodePlan,
    edge: EdgePlan,
    values: string[],
    budget: ReadBudget,
  ): Promise<StagedRow[]> {
    const stage = this.names.stage(child.table);
    const { name } = edge.child;
    const find = async (some: readonly string[]) => {
      const rows = name === null ? tx.byIds(stage, some) : tx.byField(stage, `k.${name}`, some);
      return (await rows) as unknown as StagedRow[];
    };
    return this.readsOf(child).read(values, budget, find);
  }

  private readsOf(node: NodePlan): PacedReads {
    let reads = this.reads.get(node.id);
    if (!reads) {
      reads = new PacedReads();
      this.reads.set(node.id, reads);
    }
    return reads;
  }

  private nodeOf(id: number): NodePlan {
    return this.plan.nodes[id] as NodePlan;
  }
}
