import { NEVER } from './member.js';
import { compareValues, keyOf } from './order.js';
import type { ServerTransaction } from './server-transaction.js';
import type { Stored } from './stored.js';

interface Version {
  /** When it was written. */
  readonly at: number;
  /** Undefined: it was removed. */
  readonly doc: Stored | undefined;
}

/** All that there was under one `_id`. */
export class Entry {
  private readonly versions: Version[] = [];
  /** The transaction that wrote it last, and holds it while it is open. */
  writer: ServerTransaction | undefined;

  constructor(readonly id: unknown) {}

  get changedAt(): number {
    return this.versions.at(-1)?.at ?? 0;
  }

  at(time: number): Stored | undefined {
    for (let i = this.versions.length - 1; i >= 0; i--) {
      const version = this.versions[i] as Version;
      if (version.at <= time) return version.doc;
    }
    return undefined;
  }

  write(at: number, doc: Stored | undefined): void {
    this.versions.push({ at, doc });
  }

  takeBack(): void {
    this.versions.pop();
  }
}

export interface UniqueIndex {
  name: string;
  path: readonly string[];
}

/** From its making to its end; another that is made later under the same name is another one. */
export class Collection {
  droppedAt = NEVER;
  readonly indexes = new Set<string>();
  readonly uniqueIndexes: UniqueIndex[] = [];
  private readonly entries = new Map<string, Entry>();
  private inOrder: Entry[] | undefined;

  constructor(
    readonly database: string,
    readonly name: string,
    public madeAt: number,
  ) {}

  isThereAt(time: number): boolean {
    return this.madeAt <= time && time < this.droppedAt;
  }

  find(id: unknown): Entry | undefined {
    return this.entries.get(keyOf(id));
  }

  entry(id: unknown): Entry {
    const key = keyOf(id);
    let entry = this.entries.get(key);
    if (entry === undefined) {
      entry = new Entry(id);
      this.entries.set(key, entry);
      this.inOrder = undefined;
    }
    return entry;
  }

  all(): Iterable<Entry> {
    return this.entries.values();
  }

  /** In the order of `_id`s. */
  sorted(): readonly Entry[] {
    this.inOrder ??= [...this.entries.values()].sort((a, b) => compareValues(a.id, b.id));
    return this.inOrder;
  }
}

/** All collections that there are and were, by database and name. */
export class Catalogue {
  private readonly named = new Map<string, Collection[]>();

  at(database: string, name: string, time: number): Collection | undefined {
    return this.named.get(`${database}.${name}`)?.findLast((collection) => collection.isThereAt(time));
  }

  latest(database: string, name: string): Collection | undefined {
    const found = this.named.get(`${database}.${name}`)?.at(-1);
    return found?.droppedAt === NEVER ? found : undefined;
  }

  add(collection: Collection): Collection {
    const key = `${collection.database}.${collection.name}`;
    const before = this.named.get(key);
    if (before === undefined) this.named.set(key, [collection]);
    else before.push(collection);
    return collection;
  }

  remove(collection: Collection): void {
    const list = this.named.get(`${collection.database}.${collection.name}`);
    const place = list?.indexOf(collection) ?? -1;
    if (place >= 0) list?.splice(place, 1);
  }

  thereAt(database: string, time: number): Collection[] {
    return [...this.named.values()].flatMap((list) =>
      list.filter((collection) => collection.database === database && collection.isThereAt(time)),
    );
  }
}
