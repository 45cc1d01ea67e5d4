import { collectionNamed, isContended, type Model, tableNamed } from '../workload/index.js';

export interface ShownRow {
  place: string;
  row: string;
  version: number;
}

/**
 * Rows that leave their document for good: what hangs on a root by a column of its own leaves only with a change of its own, or with
 * the root. One that is there again as it was before has gone back, if only for a moment.
 */
export class Departures {
  /** By document: the rows that it shows, and those that have left it, with their numbers. */
  private readonly documents = new Map<string, { shown: Map<string, number>; left: Map<string, number> }>();

  private isOver = false;

  constructor(private readonly staysAway: (collection: string, place: string) => boolean) {}

  /** What is wrong with a document that shows these rows now. */
  look(collection: string, document: string, rows: readonly ShownRow[]): string[] {
    const shown = new Map<string, number>();
    if (this.isOver) return [];
    for (const { place, row, version } of rows) if (this.staysAway(collection, place)) shown.set(row, version);
    const before = this.documents.get(document);
    const left = before?.left ?? new Map<string, number>();
    for (const [row, version] of before?.shown ?? []) if (!shown.has(row)) left.set(row, version);
    const wrong: string[] = [];
    for (const [row, version] of shown) {
      const leftAt = left.get(row);
      if (leftAt !== undefined && version <= leftAt)
        wrong.push(`${document}: ${row} had left it, and is there again at ${version}, which was ${leftAt}`);
      left.delete(row);
    }
    this.documents.set(document, { shown, left });
    return wrong;
  }

  /** A root that comes back may find rows that have not changed since. */
  gone(document: string): void {
    this.documents.delete(document);
  }

  /** From now on rows may come back without a change of their own: an operator's corrections say whether they belong. */
  end(): void {
    this.isOver = true;
  }

  /** Somebody else has changed documents. */
  forget(): void {
    this.documents.clear();
  }
}

/** Of arrays in the root of documents whose `_id` no two rows can have in turn. */
export function staysAwayIn(model: Model): (collection: string, place: string) => boolean {
  const places = new Set<string>();
  for (const { name } of model.collections) {
    const collection = collectionNamed(model, name);
    if (isContended(model, collection)) continue;
    const { key } = tableNamed(model, collection.root.table);
    for (const { field, kind, node, limit } of collection.root.embed) {
      const isByKey = node.on?.every(([, mine]) => key.includes(mine)) ?? false;
      if (kind === 'many' && isByKey && limit === undefined) places.add(`${name} /${field}`);
    }
  }
  return (collection, place) => places.has(`${collection} ${place}`);
}
