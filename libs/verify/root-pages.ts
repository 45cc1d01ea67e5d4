import type { CollectionPlan, TablePlan } from '#model';
import type { SourceReader } from '#sources';
import type { SourceDocumentDeps } from './ports.js';
import { type RootPage, SourceTrees } from './source-trees.js';

/** A reader's snapshot is given up after so many pages: the source must not hold a long transaction for a verification. */
const PAGES_PER_READER = 16;
const TARGET_BYTES = 8 * 1024 * 1024;
const MOST_ROOTS = 2_000;
const FIRST_ROOTS = 500;

/**
 * All roots of a collection in key order, in pages bounded by bytes as far as can be foreseen from the page before; the
 * next page is read while the caller works on the last. Each page is of one snapshot, different ones of different ones.
 */
export class RootPages {
  readonly #trees: SourceTrees;

  constructor(private readonly deps: SourceDocumentDeps) {
    this.#trees = new SourceTrees(deps);
  }

  /** `alone`: without what the roots embed. */
  async *of(collection: CollectionPlan, alone: boolean, signal: AbortSignal): AsyncGenerator<RootPage> {
    const root = this.deps.plan.nodes[collection.root];
    const table = this.deps.plan.tables[root?.table as number] as TablePlan;
    yield* ahead(
      table.key.length === 0 ? this.#keyless(collection, table, alone, signal) : this.#byKey(collection, alone, signal),
    );
  }

  async *#byKey(collection: CollectionPlan, alone: boolean, signal: AbortSignal): AsyncGenerator<RootPage> {
    let after: readonly string[] | null = null;
    let limit = FIRST_ROOTS;
    do {
      const reader: SourceReader = await this.deps.source.openReader();
      try {
        for (let pages = 0; pages < PAGES_PER_READER; pages++) {
          signal.throwIfAborted();
          const page: RootPage = alone
            ? await this.#trees.rootsPage(reader, collection, after, limit)
            : await this.#trees.page(reader, collection, after, limit);
          yield page;
          after = page.next;
          if (after === null) break;
          limit = nextLimit(limit, page.bytes);
        }
      } finally {
        await reader.close();
      }
    } while (after !== null);
  }

  /** A table without key has no order to page by: its chunks are ranges of blocks. Such tables are of snapshot jobs. */
  async *#keyless(
    collection: CollectionPlan,
    table: TablePlan,
    alone: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<RootPage> {
    const snapshot = await this.deps.source.openSnapshot();
    try {
      const reader = await this.deps.source.openReader(snapshot);
      try {
        for await (const chunk of this.deps.source.chunks(table, FIRST_ROOTS, signal)) {
          for await (const rows of this.deps.source.readChunk(table, chunk, { snapshot, signal })) {
            yield await this.#trees.loaded(reader, collection, rows, alone);
          }
        }
      } finally {
        await reader.close();
      }
    } finally {
      await snapshot.close();
    }
  }
}

function nextLimit(limit: number, bytes: number): number {
  const fitting = Math.floor((limit * TARGET_BYTES) / Math.max(bytes, 1));
  return Math.max(1, Math.min(MOST_ROOTS, fitting, limit * 4));
}

/** One item ahead of its reader. Where the reader stops early the item under way is waited for, then the source is closed. */
async function* ahead<T>(items: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = items.next();
  try {
    for (;;) {
      const item = await next;
      if (item.done) return;
      next = items.next();
      next.catch(() => {});
      yield item.value;
    }
  } finally {
    await next.catch(() => {});
    await items.return(undefined);
  }
}
