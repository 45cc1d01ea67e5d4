import { BSON } from 'bson';
import { type Assembler, compileAssembler, type RowTree } from '#mapping';
import type { CollectionPlan, Plan, StagedRow } from '#model';
import { claimId } from '#write';

/** What the mapping makes of one root of the source. */
export type Expected =
  /** `id`: equal for two documents exactly where MongoDB takes their `_id`s as equal. */
  | { kind: 'document'; root: string; id: string; documentId: unknown; bytes: Uint8Array }
  | { kind: 'absent'; root: string }
  /** `id`, where it can be told: the last good version may stand there. */
  | { kind: 'refused'; root: string; code: string; message: string; path: string; id?: string; documentId?: unknown };

/** MongoDB's bound for a document. */
const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;
/** Below so much text no document can come near the bound, so its size is not computed first. */
const CLOSE_LOOK_CHARS = 64 * 1024;

export class ExpectedDocuments {
  readonly #idsOnly: Assembler;

  constructor(
    plan: Plan,
    private readonly assembler: Pick<Assembler, 'assemble'>,
  ) {
    this.#idsOnly = compileAssembler(idsOnly(plan));
  }

  of(collection: CollectionPlan, tree: RowTree): Expected {
    const root = tree.row._id;
    const assembled = this.assembler.assemble(collection.index, tree);
    switch (assembled.kind) {
      case 'document': {
        const { id, document } = assembled;
        if (textOf(tree) > CLOSE_LOOK_CHARS && BSON.calculateObjectSize(document) > MAX_DOCUMENT_BYTES) {
          const message = `the document would be larger than ${MAX_DOCUMENT_BYTES} bytes`;
          return this.#refused(collection, tree, { code: 'DOCUMENT_TOO_LARGE', message, path: '' });
        }
        return { kind: 'document', root, id: claimId(collection.index, id), documentId: id, bytes: bytesOf(document) };
      }
      case 'absent':
        return { kind: 'absent', root };
      case 'refused':
        return this.#refused(collection, tree, assembled);
      case 'waiting':
        return this.#refused(collection, tree, { code: 'ROW_TOO_LARGE', message: 'a row lacks columns', path: '' });
    }
  }

  /** The `_id` that a root would have, whatever its `where` and other fields say. */
  idOf(collection: CollectionPlan, row: StagedRow): { id: string; documentId: unknown } | undefined {
    const assembled = this.#idsOnly.assemble(collection.index, { row, children: [] });
    if (assembled.kind !== 'document') return undefined;
    return { id: claimId(collection.index, assembled.id), documentId: assembled.id };
  }

  #refused(collection: CollectionPlan, tree: RowTree, why: { code: string; message: string; path: string }): Expected {
    const { code, message, path } = why;
    return { kind: 'refused', root: tree.row._id, code, message, path, ...this.idOf(collection, tree.row) };
  }
}

export function bytesOf(document: object): Uint8Array {
  return BSON.serialize(document, { ignoreUndefined: false });
}

/** The same plan with documents of nothing but their `_id`, for every root row. */
function idsOnly(plan: Plan): Plan {
  const roots = new Set(plan.collections.map((collection) => collection.root));
  const nodes = plan.nodes.map((node) =>
    roots.has(node.id) ? { ...node, fields: [], computed: [], children: [], where: null } : node,
  );
  const collections = plan.collections.map((collection) => ({ ...collection, nodes: [collection.root] }));
  return { ...plan, nodes, collections };
}

/** Characters of text in a tree, counted up to where a close look begins. */
function textOf(tree: RowTree, sum = 0): number {
  sum += tree.row.c?.length ?? 0;
  for (const child of tree.children) {
    for (const row of child) {
      if (sum > CLOSE_LOOK_CHARS) return sum;
      sum = textOf(row, sum);
    }
  }
  return sum;
}
