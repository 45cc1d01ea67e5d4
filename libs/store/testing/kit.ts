import { expect } from '@jest/globals';
import { type CollectionRef, type Doc, DocumentRefused, type Store } from '../store.js';

export interface StoreContext extends AsyncDisposable {
  /** With empty databases. */
  store: Store;
  /** Another process's, on the same databases. */
  other: Store;
  /** On a field of a collection, by any means: users make such indexes, the engine does not. */
  makeUniqueIndex(collection: CollectionRef, field: string, name: string): Promise<void>;
}

export type Make = () => Promise<StoreContext>;

export interface Counted extends Doc {
  _id: string;
  n: number;
}

export const ROWS: CollectionRef = { database: 'state', name: 'rows' };
export const FENCES: CollectionRef = { database: 'state', name: 'fences' };
export const DOCUMENTS: CollectionRef = { database: 'target', name: 'documents' };

/** With the collections made, as the engine does before it begins transactions. */
export async function prepared(make: Make): Promise<StoreContext> {
  const context = await make();
  for (const collection of [ROWS, FENCES, DOCUMENTS]) await context.store.createCollection(collection);
  return context;
}

export async function rejection(promise: Promise<unknown>): Promise<DocumentRefused> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DocumentRefused);
  return error as DocumentRefused;
}

export function byId<D extends Doc>(docs: readonly D[]): D[] {
  return [...docs].sort((a, b) => (String(a._id) < String(b._id) ? -1 : 1));
}
