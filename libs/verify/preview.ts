import { MillraceError } from '#errors';
import type { CollectionPlan, Plan } from '#model';
import type { SourceDocumentDeps } from './ports.js';
import { SourceTrees } from './source-trees.js';
import { VERIFY_ERRORS } from './verify.codes.js';

/** A document as the mapping makes it, or why it cannot be made. */
export type PreviewedDocument =
  | { collection: string; kind: 'document'; document: Record<string, unknown> }
  | { collection: string; kind: 'refused'; code: string; message: string; path: string };

const ROOTS_PER_PAGE = 100;

/** The first documents of each collection (or of one) by key, from real rows; roots that `where` leaves out don't count. */
export async function* previewDocuments(
  deps: SourceDocumentDeps,
  options: { collection?: string; limit: number },
): AsyncGenerator<PreviewedDocument> {
  const collections = collectionsOf(deps.plan, options.collection);
  const trees = new SourceTrees(deps);
  for (const collection of collections) yield* previewCollection(deps, trees, collection, options.limit);
}

async function* previewCollection(
  deps: SourceDocumentDeps,
  trees: SourceTrees,
  collection: CollectionPlan,
  limit: number,
): AsyncGenerator<PreviewedDocument> {
  let left = limit;
  let after: readonly string[] | null = null;
  const reader = await deps.source.openReader();
  try {
    do {
      const page = await trees.page(reader, collection, after, Math.min(ROOTS_PER_PAGE, Math.max(left, 20)));
      for (const tree of page.trees) {
        if (left === 0) return;
        const made = deps.assembler.assemble(collection.index, tree);
        if (made.kind === 'absent') continue;
        left--;
        yield made.kind === 'document'
          ? { collection: collection.name, kind: 'document', document: made.document }
          : { collection: collection.name, kind: 'refused', ...whyNot(made) };
      }
      after = page.next;
    } while (after !== null && left > 0);
  } finally {
    await reader.close();
  }
}

function whyNot(made: { kind: 'waiting' } | { kind: 'refused'; code: string; message: string; path: string }) {
  if (made.kind === 'refused') return { code: made.code, message: made.message, path: made.path };
  return { code: 'ROW_TOO_LARGE', message: 'a row is too large for MongoDB', path: '' };
}

/** All collections of the plan, or the one of this name. */
export function collectionsOf(plan: Plan, name: string | undefined): CollectionPlan[] {
  if (name === undefined) return plan.collections;
  const found = plan.collections.filter((collection) => collection.name === name);
  if (found.length > 0) return found;
  const names = plan.collections.map((collection) => collection.name).join(', ');
  throw new MillraceError(
    VERIFY_ERRORS.VERIFY_COLLECTION_UNKNOWN,
    `there is no collection ${name} in the job file; it has ${names}`,
  );
}
