import type { CollectionRef, Doc, ReadOptions, StoreReader } from './store.js';

const PAGE = 1_000;

/** Every document of a range of `_id`s, in their order, page by page: what comes or goes meanwhile may be seen or not. */
export async function* allInRange<T extends Doc>(
  read: Pick<StoreReader, 'range'>,
  collection: CollectionRef,
  { after: first, upTo }: { after?: string; upTo?: string } = {},
  options: Pick<ReadOptions, 'fields'> = {},
): AsyncGenerator<T> {
  for (let after: unknown = first; ; ) {
    const range = { ...(after === undefined ? {} : { after }), ...(upTo === undefined ? {} : { upTo }) };
    const page: T[] = await read.range<T>(collection, range, { ...options, limit: PAGE });
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)?._id;
  }
}
