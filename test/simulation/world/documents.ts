import { ObjectId } from 'bson';
import { type Incarnation, IncarnationNames, JOB, JOB_ID } from '#stage';
import { fieldOf, fieldsOf, type Stored } from '../store/index.js';
import {
  type Expected,
  expectedDocuments,
  inWords,
  keyInWords,
  type Model,
  type ModelRow,
  type ModelTable,
  type ModelType,
  collectionNamed,
  objectIdInWords,
  objectInWords,
  sameInWords,
  shownName,
  tableNamed,
  type Words,
} from '../workload/index.js';
import type { Servers } from './sim-service.js';

interface Compared {
  should: Words | undefined;
  is: Words | undefined;
}

/** Of one row by an operator, for as long as the source has it as it was then, and the job is not loaded anew. */
interface Correction {
  table: string;
  row: ModelRow;
  columns: ModelRow;
  run: number;
}

/** The target against the oracle. */
export class Documents {
  /** By collection and ObjectId: the one key that it was ever made of, in the oracle's words. */
  private readonly keys = new Map<string, Words>();
  private known: Record<number, string[]> | undefined;
  /** By table, the columns that it had when its load was asked for. */
  private asked = new Map<string, readonly string[]>();
  private corrections: Correction[] = [];
  private readonly discarded: { collection: string; run: number }[] = [];

  constructor(
    private readonly model: Model,
    private readonly servers: Pick<Servers, 'mongo' | 'postgres'>,
    private readonly stateDatabase: string,
    /** Of the job: it rises with each load anew. */
    private readonly run: () => number,
  ) {}

  /** What a table has now, the load has to take. */
  loadAsked(): void {
    for (const { name } of this.model.tables) this.asked.set(name, this.columnsOf(name));
  }

  /** `shown`: some columns of the row as the source has it, with its key. A row that has changed meanwhile is not corrected. */
  correct(table: string, shown: ModelRow, columns: ModelRow): void {
    const isShown = (row: ModelRow) => Object.entries(shown).every(([name, value]) => row[name] === value);
    const row = this.servers.postgres.rows(table).find(isShown);
    if (row === undefined) return;
    const before = this.corrections.find((each) => this.isOf(each, table, row));
    this.corrections = this.corrections.filter((each) => each !== before);
    this.corrections.push({ table, row, columns: { ...before?.columns, ...columns }, run: this.run() });
  }

  /** A letter: it need not be there any more. */
  discard(collection: string): void {
    const run = this.run();
    this.discarded.push({ collection, run });
  }

  /** What is wrong with documents, and with letters as the job's record has them. */
  differences(record: Incarnation | undefined): string[] {
    const letters = this.letters(record);
    return [...this.untaken(), ...this.unlike(letters)];
  }

  private unlike(letters: ReadonlyMap<string, readonly Words[]>): string[] {
    return [...this.expected()].flatMap(([collection, each]) => [
      ...[...this.apart(collection, each)].map(
        ([id, { should, is }]) =>
          `${collection} ${id}\n  should be ${should ?? 'absent'}\n  is        ${is ?? 'absent'}`,
      ),
      ...lettersApart(collection, letters.get(collection) ?? [], this.discardedOf(collection), each),
    ]);
  }

  /** Documents that cannot be written now, at least. */
  unwritten(): number {
    return [...this.expected().values()].reduce((sum, { letters }) => sum + letters.least, 0);
  }

  /** `_id`s of documents that are not as they should be, or not to be. */
  wrong(collection: string): Set<Words> {
    return new Set(this.apart(collection, this.expected().get(collection) as Expected).keys());
  }

  /** Documents that are as they should be. */
  right(collection: string): Stored[] {
    const { documents } = this.expected().get(collection) as Expected;
    const isRight = (document: Stored) =>
      documents.get(this.idInWords(collection, document)) === this.inWords(collection, document);
    return this.servers.mongo.committed('target', collection).filter(isRight);
  }

  private expected(): Map<string, Expected> {
    const rows = new Map(
      this.model.tables.map(({ name }) => [
        name,
        this.servers.postgres.rows(name).map((row) => this.corrected(name, row)),
      ]),
    );
    const model = { ...this.model, tables: this.model.tables.map((table) => this.loaded(table)) };
    return expectedDocuments(model, (table) => rows.get(table) ?? []);
  }

  /** Columns that were there when the load was asked for, and that it does not have. */
  private untaken(): string[] {
    const known = this.knownColumns();
    if (known === undefined) return [];
    return [...this.asked].flatMap(([table, names]) => {
      const taken = known[this.servers.postgres.table(table).oid];
      // No document is of it.
      if (taken === undefined) return [];
      const there = this.columnsOf(table);
      return names
        .filter((name) => there.includes(name) && !taken.includes(name))
        .map((name) => `the load does not have the column ${name} of ${table}`);
    });
  }

  private columnsOf(table: string): string[] {
    return this.servers.postgres.table(table).shape.columns.map(({ name }) => name);
  }

  /** With the columns that the source has now, but for those that were added since the job was loaded. */
  private loaded(table: ModelTable): ModelTable {
    const { oid, shape } = this.servers.postgres.table(table.name);
    const known = this.knownColumns()?.[oid];
    const columns = shape.columns.filter(({ name }) => known?.includes(name) ?? true);
    return { ...table, columns: columns.map(({ spec: { name, type } }) => ({ name, type: type as ModelType })) };
  }

  /** Of a job that is completed, what it knew last. */
  private knownColumns(): Record<number, string[]> | undefined {
    const record = this.servers.mongo
      .committed(this.stateDatabase, JOB.name)
      .find((each) => fieldOf(each, '_id') === JOB_ID);
    this.known = record === undefined ? this.known : (fieldOf(record, 'knownColumns') as Record<number, string[]>);
    return this.known;
  }

  private corrected(table: string, row: ModelRow): ModelRow {
    const correction = this.corrections.find((each) => this.isOf(each, table, row));
    return correction === undefined ? row : { ...row, ...correction.columns };
  }

  private isOf(correction: Correction, table: string, row: ModelRow): boolean {
    if (correction.table !== table || correction.run !== this.run()) return false;
    return Object.entries(correction.row).every(([name, value]) => row[name] === value);
  }

  private discardedOf(collection: string): number {
    return this.discarded.filter((each) => each.collection === collection && each.run === this.run()).length;
  }

  private apart(collection: string, { documents, unwritable, unwritableRows }: Expected): Map<Words, Compared> {
    const found = new Map<Words, Words>();
    for (const document of this.servers.mongo.committed('target', collection)) {
      const id = this.idInWords(collection, document);
      const row = sameInWords(objectInWords(this.keyFieldsOf(collection, document)));
      if (documents.has(id) || !unwritableRows.has(row)) found.set(id, this.inWords(collection, document));
    }
    const apart = new Map<Words, Compared>();
    for (const id of new Set([...documents.keys(), ...found.keys()])) {
      const [should, is] = [documents.get(id), found.get(id)];
      if (should !== is && !unwritable.has(id)) apart.set(id, { should, is });
    }
    return apart;
  }

  /** As it is shown beside the `_id`. */
  private keyFieldsOf(collection: string, document: Stored): [string, Words][] {
    const { root } = collectionNamed(this.model, collection);
    const { key } = tableNamed(this.model, root.table);
    return key.map((name) => [name, inWords(fieldOf(document, shownName(root, name)))]);
  }

  /** As the oracle has it. An ObjectId that is made of another key than before shows as what it is. */
  idInWords(collection: string, document: Stored): Words {
    const id = fieldOf(document, '_id');
    if (!(id instanceof ObjectId)) return sameInWords(inWords(id));
    const name = `${collection} ${id.toHexString()}`;
    const words = objectIdInWords(this.keyFieldsOf(collection, document));
    const known = this.keys.get(name) ?? words;
    this.keys.set(name, known);
    return known === words ? words : inWords(id);
  }

  private inWords(collection: string, document: Stored): Words {
    const id = fieldOf(document, '_id');
    const fields = [...fieldsOf(document)].filter(([name]) => name !== '_id');
    return objectInWords([
      ['_id', id instanceof ObjectId ? this.idInWords(collection, document) : inWords(id)],
      ...fields.map(([name, value]): [string, Words] => [name, inWords(value)]),
    ]);
  }

  /** By collection, of which rows they are. */
  private letters(record: Incarnation | undefined): Map<string, Words[]> {
    const { mongo } = this.servers;
    const found = new Map<string, Words[]>();
    if (record === undefined) return found;
    const { letters } = new IncarnationNames(record);
    for (const letter of mongo.committed(this.stateDatabase, letters.name)) {
      const collection = String(fieldOf(letter, 'collection'));
      const table = tableNamed(this.model, collectionNamed(this.model, collection).root.table);
      const row = Object.fromEntries(fieldsOf(fieldOf(letter, 'key') as Stored)) as ModelRow;
      found.set(collection, [...(found.get(collection) ?? []), keyInWords(table, row)]);
    }
    return found;
  }
}

function lettersApart(
  collection: string,
  found: readonly Words[],
  discarded: number,
  { letters: { least, most, rows } }: Expected,
): string[] {
  const others = found
    .filter((row) => !rows.has(row))
    .map((row) => `${collection} has a letter of ${row}, and should not`);
  if (found.length >= least - discarded && found.length <= most) return others;
  return [...others, `${collection} has ${found.length} letters, and should have ${least} to ${most}`];
}
