import type { Assembler } from '#mapping';
import type { CollectionPlan, StagedRow } from '#model';
import type { Cause } from './letter.js';
import type { Trees } from './tree-reader.js';

/** What has to become of one root's document. */
export type Outcome =
  | { kind: 'write'; root: string; id: unknown; document: Record<string, unknown> }
  /** The root is gone, or its `where` is false. `id`: what it was written as, where that can be told from the touch. */
  | { kind: 'delete'; root: string; row: StagedRow | undefined; id?: unknown }
  | { kind: 'refused'; root: string; row: StagedRow | undefined; cause: Cause }
  /** Not on the stage, or columns are still missing: nothing is done, a later touch comes. */
  | { kind: 'none'; root: string };

export function outcomesOf(
  assembler: Assembler,
  collection: CollectionPlan,
  roots: readonly string[],
  { rows, trees }: Trees,
  former: ReadonlyMap<string, unknown>,
  refused: ReadonlyMap<string, Cause>,
): Outcome[] {
  return roots.map((root): Outcome => {
    const row = rows.get(root);
    if (row === undefined)
      return former.has(root) ? { kind: 'delete', root, row, id: former.get(root) } : { kind: 'none', root };
    const cause = refused.get(root);
    if (cause !== undefined) return { kind: 'refused', root, row, cause };
    const tree = trees.get(root);
    if (tree === undefined) return { kind: 'delete', root, row };
    const assembled = assembler.assemble(collection.index, tree);
    switch (assembled.kind) {
      case 'document':
        return { kind: 'write', root, id: assembled.id, document: assembled.document };
      case 'absent':
        return { kind: 'delete', root, row };
      case 'waiting':
        return { kind: 'none', root };
      case 'refused':
        return {
          kind: 'refused',
          root,
          row,
          cause: {
            code: assembled.code,
            message: assembled.message,
            path: assembled.path,
            row: { table: assembled.path, key: assembled.key },
          },
        };
    }
  });
}
