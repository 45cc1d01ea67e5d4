import { type Incarnation, IncarnationNames } from '#stage';
import { fieldOf, type Stored } from '../store/index.js';
import {
  type Expected,
  expectedDocuments,
  inWords,
  type Model,
  type ModelCollection,
  objectInWords,
  tableNamed,
  type Words,
} from '../workload/index.js';
import type { Servers } from './sim-service.js';

interface Compared {
  should: Words | undefined;
  is: Words | undefined;
}

/** The target against the oracle. */
export class Documents {
  constructor(
    private readonly model: Model,
    private readonly servers: Pick<Servers, 'mongo' | 'postgres'>,
    private readonly stateDatabase: string,
  ) {}

  /** What is wrong with documents, and with letters as the job's record has them. */
  differences(record: Incarnation | undefined): string[] {
    const letters = this.letters(record);
    return [...this.expected()].flatMap(([collection, each]) => [
      ...[...this.apart(collection, each)].map(
        ([id, { should, is }]) =>
          `${collection} ${id}\n  should be ${should ?? 'absent'}\n  is        ${is ?? 'absent'}`,
      ),
      ...lettersApart(collection, letters.get(collection) ?? 0, each),
    ]);
  }

  /** `_id`s of documents that are not as they should be, or not to be. */
  wrong(collection: string): Set<Words> {
    return new Set(this.apart(collection, this.expected().get(collection) as Expected).keys());
  }

  /** Documents that are as they should be. */
  right(collection: string): Stored[] {
    const { documents } = this.expected().get(collection) as Expected;
    const isRight = (document: Stored) => documents.get(inWords(fieldOf(document, '_id'))) === inWords(document);
    return this.servers.mongo.committed('target', collection).filter(isRight);
  }

  private expected(): Map<string, Expected> {
    const rows = new Map(this.model.tables.map(({ name }) => [name, this.servers.postgres.rows(name)]));
    return expectedDocuments(this.model, (table) => rows.get(table) ?? []);
  }

  private apart(collection: string, { documents, unwritable, unwritableRows }: Expected): Map<Words, Compared> {
    const found = new Map<Words, Words>();
    const key = this.keyOf(collection);
    for (const document of this.servers.mongo.committed('target', collection)) {
      const id = inWords(fieldOf(document, '_id'));
      const row = objectInWords(key.map((name) => [name, inWords(fieldOf(document, name))]));
      if (documents.has(id) || !unwritableRows.has(row)) found.set(id, inWords(document));
    }
    const apart = new Map<Words, Compared>();
    for (const id of new Set([...documents.keys(), ...found.keys()])) {
      const [should, is] = [documents.get(id), found.get(id)];
      if (should !== is && !unwritable.has(id)) apart.set(id, { should, is });
    }
    return apart;
  }

  private keyOf(collection: string): string[] {
    const { root } = this.model.collections.find(({ name }) => name === collection) as ModelCollection;
    return tableNamed(this.model, root.table).key;
  }

  /** How many each collection has. */
  private letters(record: Incarnation | undefined): Map<string, number> {
    const { mongo } = this.servers;
    const counts = new Map<string, number>();
    if (record === undefined) return counts;
    const { letters } = new IncarnationNames(record);
    for (const letter of mongo.committed(this.stateDatabase, letters.name)) {
      const collection = String(fieldOf(letter, 'collection'));
      counts.set(collection, (counts.get(collection) ?? 0) + 1);
    }
    return counts;
  }
}

function lettersApart(collection: string, found: number, { letters: { least, most } }: Expected): string[] {
  if (found >= least && found <= most) return [];
  return [`${collection} has ${found} letters, and should have ${least} to ${most}`];
}
