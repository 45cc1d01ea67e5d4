import type { EdgePlan, NodePlan, Plan, StagedRow } from '#model';
import type { IncarnationNames } from '#stage';
import type { StoreReader } from '#store';
import type { Image } from './row-batch.js';

/** Rows that one image leads to beyond this become a paged task rather than part of a batch. */
export const FAN_OUT_ROWS = 5_000;
const IMAGES_PER_QUERY = 1_000;

export interface Roots {
  collection: number;
  roots: string[];
}

/** An image that leads to very many rows, at the node where the walk stopped. */
export interface FanOut {
  node: number;
  image: Image;
}

/**
 * Walks up the edges from rows, as they were and as they are, to the roots whose documents contain them. It reads after
 * the staging transaction has committed, never inside (that snapshot is too old): if two changes race, whichever resolves
 * later sees the other's staged row, so the last touch of every root comes after all it depends on was staged.
 * A missing parent ends the walk: its own arrival touches the root.
 */
export class Resolver {
  constructor(
    private readonly plan: Plan,
    private readonly names: IncarnationNames,
    private readonly read: StoreReader,
    private readonly fanOutRows = FAN_OUT_ROWS,
  ) {}

  /** All roots of the images, by collection, in bounded pieces; images with too many go to `fanOut` instead. */
  async *resolve(images: readonly Image[], fanOut: (task: FanOut) => void): AsyncGenerator<Roots> {
    const byTable = new Map<number, Image[]>();
    for (const image of images) {
      const group = byTable.get(image.table);
      if (group) group.push(image);
      else byTable.set(image.table, [image]);
    }
    for (const [table, group] of byTable) {
      for (const node of this.plan.tables[table]?.nodes ?? []) yield* this.walk(node, group, fanOut);
    }
  }

  /** As `resolve`, of images that stand at this node; used for each step of the walk. */
  async *walk(nodeId: number, images: readonly Image[], fanOut: (task: FanOut) => void): AsyncGenerator<Roots> {
    const node = this.plan.nodes[nodeId] as NodePlan;
    if (node.parent === null || node.edge === null) {
      yield { collection: node.collection, roots: unique(images.map((image) => image.key)) };
      return;
    }
    const parent = this.plan.nodes[node.parent] as NodePlan;
    const byValue = groupByJoinValue(node.edge, images);
    if (node.edge.parent.name === null && parent.parent === null) {
      yield { collection: node.collection, roots: [...byValue.keys()] };
      return;
    }
    const values = [...byValue.keys()];
    for (let i = 0; i < values.length; i += IMAGES_PER_QUERY) {
      yield* this.parents(node, parent, values.slice(i, i + IMAGES_PER_QUERY), byValue, fanOut);
    }
  }

  /** Page by page, all roots of one image, however many. `cursor`: what is behind it has been yielded, and may be skipped. */
  async *pages(
    task: FanOut,
    after: string | undefined,
    limit: number,
  ): AsyncGenerator<{ roots: Roots[]; cursor: string | undefined }> {
    const node = this.plan.nodes[task.node] as NodePlan;
    const parent = this.plan.nodes[node.parent as number] as NodePlan;
    const edge = node.edge as EdgePlan;
    const value = [...groupByJoinValue(edge, [task.image]).keys()][0];
    let cursor = after;
    while (value !== undefined) {
      const rows = await this.parentRows(edge, parent, [value], {
        limit,
        ...(cursor === undefined ? {} : { after: cursor }),
      });
      if (rows.length === 0) return;
      const roots: Roots[] = [];
      const nested: FanOut[] = [];
      for await (const found of this.walk(parent.id, imagesOf(parent, rows), (deeper) => nested.push(deeper)))
        roots.push(found);
      for (const deeper of nested) {
        for await (const page of this.pages(deeper, undefined, limit)) yield { roots: page.roots, cursor };
      }
      cursor = (rows.at(-1) as StagedRow)._id;
      yield { roots, cursor };
      if (rows.length < limit) return;
    }
  }

  private async *parents(
    node: NodePlan,
    parent: NodePlan,
    values: string[],
    byValue: Map<string, Image>,
    fanOut: (task: FanOut) => void,
  ): AsyncGenerator<Roots> {
    const edge = node.edge as EdgePlan;
    const rows = await this.parentRows(edge, parent, values, { limit: this.fanOutRows + 1 });
    if (rows.length <= this.fanOutRows) {
      yield* this.walk(parent.id, imagesOf(parent, rows), fanOut);
      return;
    }
    if (values.length === 1) {
      fanOut({ node: node.id, image: byValue.get(values[0] as string) as Image });
      return;
    }
    const half = Math.ceil(values.length / 2);
    yield* this.parents(node, parent, values.slice(0, half), byValue, fanOut);
    yield* this.parents(node, parent, values.slice(half), byValue, fanOut);
  }

  private parentRows(
    edge: EdgePlan,
    parent: NodePlan,
    values: string[],
    page: { limit: number; after?: string },
  ): Promise<(StagedRow & Record<string, unknown>)[]> {
    const stage = this.names.stage(parent.table);
    const fields = ['k', 'gone'];
    if (edge.parent.name === null) {
      return this.read.byIds(
        stage,
        page.after === undefined ? values : values.filter((value) => value > (page.after as string)),
        { fields },
      );
    }
    return this.read.byField(stage, `k.${edge.parent.name}`, values, { fields, ...page });
  }
}

function imagesOf(node: NodePlan, rows: readonly StagedRow[]): Image[] {
  return rows
    .filter((row) => !row.gone)
    .map((row) => (row.k ? { table: node.table, key: row._id, k: row.k } : { table: node.table, key: row._id }));
}

function groupByJoinValue(edge: EdgePlan, images: readonly Image[]): Map<string, Image> {
  const byValue = new Map<string, Image>();
  for (const image of images) {
    const value = edge.child.name === null ? image.key : image.k?.[edge.child.name];
    if (value !== undefined && !byValue.has(value)) byValue.set(value, image);
  }
  return byValue;
}

function unique(keys: string[]): string[] {
  return [...new Set(keys)];
}
