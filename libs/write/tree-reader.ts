import type { RowTree } from '#mapping';
import type { EdgePlan, NodePlan, Plan, StagedRow } from '#model';
import type { IncarnationNames } from '#stage';
import { type StoreReader, TransactionTooLarge } from '#store';

/** A batch whose documents hold more rows than this is assembled in halves, unless it is a single root. */
const MAX_ROWS = 100_000;

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
  constructor(
    private readonly plan: Plan,
    private readonly names: IncarnationNames,
  ) {}

  async read(tx: StoreReader, collection: number, roots: readonly string[]): Promise<Trees> {
    const rootNode = this.nodeOf(this.plan.collections[collection]?.root as number);
    const found = (await tx.byIds(this.names.stage(rootNode.table), roots)) as unknown as StagedRow[];
    const rows = new Map(found.map((row) => [row._id, row]));
    const trees = new Map<string, RowTree>();
    for (const row of found) if (!row.gone) trees.set(row._id, leaf(rootNode, row));
    const size = { rows: found.length, roots: roots.length };
    await this.level(tx, rootNode, [...trees.values()], size);
    return { rows, trees };
  }

  private async level(
    tx: StoreReader,
    node: NodePlan,
    parents: RowTree[],
    size: { rows: number; roots: number },
  ): Promise<void> {
    for (const [index, childId] of node.children.entries()) {
      const child = this.nodeOf(childId);
      const edge = child.edge as EdgePlan;
      const byValue = groupParents(edge, parents);
      if (byValue.size === 0) continue;
      const rows = await this.children(tx, child, edge, [...byValue.keys()]);
      size.rows += rows.length;
      if (size.rows > MAX_ROWS && size.roots > 1)
        throw new TransactionTooLarge(`${size.rows} rows for ${size.roots} documents`);
      const trees: RowTree[] = [];
      for (const row of rows) {
        if (row.gone) continue;
        const value = edge.child.name === null ? row._id : row.k?.[edge.child.name];
        const tree = leaf(child, row);
        trees.push(tree);
        for (const parent of byValue.get(value as string) ?? []) (parent.children[index] as RowTree[]).push(tree);
      }
      if (trees.length > 0) await this.level(tx, child, trees, size);
    }
  }

  private async children(tx: StoreReader, child: NodePlan, edge: EdgePlan, values: string[]): Promise<StagedRow[]> {
    const stage = this.names.stage(child.table);
    const rows = edge.child.name === null ? tx.byIds(stage, values) : tx.byField(stage, `k.${edge.child.name}`, values);
    return (await rows) as unknown as StagedRow[];
  }

  private nodeOf(id: number): NodePlan {
    return this.plan.nodes[id] as NodePlan;
  }
}

function leaf(node: NodePlan, row: StagedRow): RowTree {
  return { row, children: node.children.map(() => []) };
}

function groupParents(edge: EdgePlan, parents: readonly RowTree[]): Map<string, RowTree[]> {
  const byValue = new Map<string, RowTree[]>();
  for (const parent of parents) {
    const value = edge.parent.name === null ? parent.row._id : parent.row.k?.[edge.parent.name];
    if (value === undefined) continue;
    const group = byValue.get(value);
    if (group) group.push(parent);
    else byValue.set(value, [parent]);
  }
  return byValue;
}
