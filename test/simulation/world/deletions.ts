import { fieldOf, type SimMongo, type Stored } from '../store/index.js';
import { BORN, collectionNamed, isContended, type Model, shownName } from '../workload/index.js';

interface Deleted {
  collection: string;
  _id: unknown;
  /** Which row it was of, also where another one has its key later. */
  born: string;
}

/**
 * No document goes while its row stays: what cannot be written leaves its last good version, and what is late takes none away. Of
 * documents whose `_id` is their row's key, and whose row belongs whatever else it says.
 */
export class Deletions {
  private readonly deleted: Deleted[] = [];
  private isOver = false;

  constructor(
    mongo: Pick<SimMongo, 'onCommitted'>,
    database: string,
    private readonly model: Model,
  ) {
    mongo.onCommitted(({ database: changed, collection, _id, before, after }) => {
      if (changed !== database || after !== undefined || before === undefined || this.isOver) return;
      if (this.staysWithItsRow(collection)) this.took(collection, _id, before);
    });
  }

  /** Of a source that is quiet; `borns`: the rows that a table has. */
  wrong(borns: (table: string) => ReadonlySet<string>): string[] {
    return this.deleted.flatMap(({ collection, _id, born }) => {
      const { root } = collectionNamed(this.model, collection);
      if (!borns(root.table).has(born)) return [];
      return [`${collection} ${String(_id)}: was deleted, and its row (born ${born}) was there all the time`];
    });
  }

  /** The source has lost transactions, or rows were not taken in: documents went with them. */
  beginAnew(): void {
    this.deleted.length = 0;
  }

  /** From now on somebody else writes to the target, too. */
  end(): void {
    this.isOver = true;
    this.deleted.length = 0;
  }

  private took(collection: string, _id: unknown, document: Stored): void {
    const born = fieldOf(document, shownName(collectionNamed(this.model, collection).root, BORN));
    if (born !== undefined && born !== null) this.deleted.push({ collection, _id, born: String(born) });
  }

  private staysWithItsRow(name: string): boolean {
    const collection = collectionNamed(this.model, name);
    return collection.root.where === undefined && !isContended(this.model, collection);
  }
}
