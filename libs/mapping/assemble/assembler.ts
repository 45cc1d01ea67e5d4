import {
  type CollectionPlan,
  keyTexts,
  LOWEST,
  type NodePlan,
  type Plan,
  packTuple,
  type StagedRow,
  type TablePlan,
} from '#model';
import type { BsonDocument, BsonValue } from '../values/bson-value.js';
import type { Assembled, RowTree } from './assembled.js';
import { compileId, type DocumentId, idColumns } from './document-id.js';
import { NodeAssembler } from './node-assembler.js';
import { Problems } from './problems.js';

export interface Assembler {
  /** What the mapping makes of a root and all that it embeds: a function of its arguments alone. */
  assemble(collection: number, tree: RowTree): Assembled;
  /** The `_id` that this root's document has now; undefined where there is none, or it cannot be told. */
  idOf(collection: number, row: StagedRow): unknown;
  /** The `_id` of a root that is gone, where it is made of the key alone (never asked of collections with claims). */
  idOfKey(collection: number, key: string): unknown;
  /** Levels of nesting that documents of this collection can have; Infinity where JSON, arrays or expressions add to them. */
  maxDepth(collection: number): number;
}

/** Compiled once per plan; every load, capture, preview, verify, repair and dry run assembles by it. */
export function compileAssembler(plan: Plan): Assembler {
  const collections = plan.collections.map((collection) => new CollectionAssembler(plan, collection));
  return {
    assemble: (collection, tree) => (collections[collection] as CollectionAssembler).assemble(tree),
    idOf: (collection, row) => (collections[collection] as CollectionAssembler).idOf(row),
    idOfKey: (collection, key) => (collections[collection] as CollectionAssembler).idOfKey(key),
    maxDepth: (collection) => (collections[collection] as CollectionAssembler).maxDepth,
  };
}

const ABSENT: Assembled = Object.freeze({ kind: 'absent' });
const WAITING: Assembled = Object.freeze({ kind: 'waiting' });

class CollectionAssembler {
  readonly maxDepth: number;
  private readonly problems = new Problems();
  private readonly root: NodeAssembler;
  private readonly id: DocumentId;
  private readonly idColumns: ReadonlySet<number> | null;
  private readonly idNeedsAll: boolean;
  private readonly table: TablePlan;

  constructor(plan: Plan, collection: CollectionPlan) {
    this.root = new NodeAssembler(plan, plan.nodes[collection.root] as NodePlan, this.problems);
    this.table = plan.tables[(plan.nodes[collection.root] as NodePlan).table] as TablePlan;
    this.id = compileId(plan, collection);
    this.idColumns = idColumns(collection);
    this.idNeedsAll = this.idColumns === null;
    this.maxDepth = Math.max(
      depthOf(plan, plan.nodes[collection.root] as NodePlan),
      collection.id.kind === 'columns' ? 2 : 1,
    );
  }

  assemble(tree: RowTree): Assembled {
    const { problems, root } = this;
    problems.clear();
    if (tree.row.gone === true) return ABSENT;
    if (!root.selection.matches(tree, problems)) return this.outcome() ?? ABSENT;
    const view = root.selection.reader.view(tree);
    const lacking = this.idNeedsAll && tree.row.bad === undefined && root.selection.reader.lacks(tree.row, null);
    if (lacking) problems.wait();
    else if (root.usable(view, this.idColumns ?? undefined)) {
      const id = this.id(view, problems);
      const document = this.started(id ?? null);
      root.fill(document, view);
      if (!problems.any) return { kind: 'document', id, document: document as Record<string, unknown> };
    }
    return this.outcome() ?? ABSENT;
  }

  idOf(row: StagedRow): unknown {
    const { problems, root } = this;
    problems.clear();
    const tree: RowTree = { row, children: root.node.children.map(() => []) };
    if (row.gone === true || row.c === undefined || !root.selection.matches(tree, problems)) return undefined;
    if (this.idNeedsAll && root.selection.reader.lacks(row, null)) return undefined;
    return this.id(root.selection.reader.view(tree), problems);
  }

  idOfKey(key: string): unknown {
    const { problems, table, root } = this;
    problems.clear();
    const values: (string | null)[] = new Array(table.columns.length).fill(null);
    keyTexts(key).forEach((text, i) => {
      values[table.key[i] as number] = text;
    });
    const row: StagedRow = { _id: key, at: LOWEST, c: packTuple(values) };
    return this.id(root.selection.reader.view({ row, children: [] }), problems);
  }

  private started(id: BsonValue): BsonDocument {
    if (!this.root.ordered) return { _id: id };
    return Object.defineProperty(new Map<string, BsonValue>([['_id', id]]), '_id', { value: id });
  }

  private outcome(): Assembled | undefined {
    return this.problems.waiting ? WAITING : this.problems.refused;
  }
}

function depthOf(plan: Plan, node: NodePlan): number {
  const { columns } = plan.tables[node.table] as Plan['tables'][number];
  const fields = node.value?.kind === 'column' ? [node.value.field] : node.fields;
  const open = fields.some(({ column, type }) => {
    const kind = columns[column]?.type.kind;
    return type === 'json' || (type !== 'string' && (kind === 'json' || kind === 'array'));
  });
  if (open || node.computed.length > 0 || node.value?.kind === 'computed') return Number.POSITIVE_INFINITY;
  let depth = node.value === null ? 1 : 0;
  for (const id of node.children) {
    const child = plan.nodes[id] as NodePlan;
    depth = Math.max(depth, LEVELS_ABOVE[child.flatten ? 'flatten' : child.kind] + depthOf(plan, child));
  }
  return depth;
}

/** What stands around a child's own document: the parent's document, and the array. */
const LEVELS_ABOVE = { flatten: 0, root: 0, one: 1, many: 2 };
