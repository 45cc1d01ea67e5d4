import type { CollectionPlan } from '#model';
import type { CollectionRef, Doc, Store } from '#store';
import { claimId } from '#write';
import { exactValue, firstElement } from './bson-elements.js';

export interface FoundId {
  /** Equal for two documents exactly where MongoDB takes their `_id`s as equal. */
  id: string;
  documentId: unknown;
}

export interface FoundDocument extends FoundId {
  bytes: Uint8Array;
}

const IDS_PER_PAGE = 10_000;

/** What stands in the target's collections, as bytes. */
export class TargetDocuments {
  constructor(private readonly store: Pick<Store, 'read' | 'estimatedCount'>) {}

  /** Those that exist, by `id`. */
  async byIds(collection: CollectionPlan, ids: readonly unknown[]): Promise<Map<string, FoundDocument>> {
    const found = new Map<string, FoundDocument>();
    if (ids.length === 0) return found;
    const documents = await this.store.read.byIds<Doc>(refOf(collection), ids, { raw: true });
    for (const bytes of documents as unknown as Uint8Array[]) {
      const element = firstElement(bytes);
      if (element === undefined) continue;
      const documentId = exactValue(element);
      const id = claimId(collection.index, documentId);
      found.set(id, { id, documentId, bytes });
    }
    return found;
  }

  /** All `_id`s, whatever their types, page by page. */
  async *ids(collection: CollectionPlan): AsyncGenerator<FoundId[]> {
    let after: unknown;
    for (;;) {
      const range = after === undefined ? {} : { after };
      const documents = await this.store.read.range<Doc>(refOf(collection), range, {
        fields: [],
        exact: true,
        limit: IDS_PER_PAGE,
      });
      yield documents.map(({ _id }) => ({ id: claimId(collection.index, _id), documentId: _id }));
      if (documents.length < IDS_PER_PAGE) return;
      after = documents.at(-1)?._id;
    }
  }

  count(collection: CollectionPlan): Promise<number> {
    return this.store.estimatedCount(refOf(collection));
  }
}

function refOf(collection: CollectionPlan): CollectionRef {
  return { database: 'target', name: collection.name };
}
