import { Departures, type ShownRow } from './departures.js';
import { fieldOf, fieldsOf, type SimMongo, type Stored } from '../store/index.js';
import { BORN, inWords, LARGE, shownName, VERSION } from '../workload/index.js';

/** In each style: none of them is two words. */
const NAMES = new Map(
  [VERSION, BORN, LARGE].map((column) => [column, [column, shownName({ fieldNames: 'PascalCase' }, column)]]),
);

type Versions = ReadonlyMap<number, { [LARGE]?: string | null }>;

/**
 * Watches that no document goes back. A row has a number of its own for each change, which rises; and one that says which row it
 * is, also where another one has its key later. A document that has a row with a lower number than it had before has gone back, as has one that was deleted and is
 * there again with its root as it was, and one that shows a row again that had left it for good. And that none shows a large value that its row did not have in that version: the log may
 * have left it out, and what nobody knows is not shown.
 */
export class Monotony {
  readonly backwards: string[] = [];
  /** By document: by place and row, the highest number that it had. */
  private readonly seen = new Map<string, Map<string, number>>();
  private mayReturn = false;
  /** Of documents that were deleted, the numbers of their roots then. */
  private readonly deleted = new Map<string, number>();

  constructor(
    private readonly mongo: SimMongo,
    private readonly database: string,
    /** All versions of all rows by that number. */
    private readonly versions: Versions,
    /** By collection: whether rows contend for its `_id`s, so that one may come back as it was. */
    private readonly isContended: (collection: string) => boolean,
    private readonly departures: Departures,
  ) {
    mongo.onCommitted(({ database: changed, collection, _id, before, after }) => {
      if (changed !== database) return;
      const name = nameOf(collection, _id);
      if (after === undefined) this.gone(name, before);
      else {
        if (!this.mayReturn && !this.isContended(collection)) this.thereAgain(name, after);
        this.look(collection, name, after);
      }
    });
  }

  /** From now on an operator's corrections say what belongs, and the end of one brings back what was there. */
  excuseReturns(): void {
    this.mayReturn = true;
    this.departures.end();
  }

  /** Somebody else has deleted some, and they are to come back. */
  excuseDeleted(): void {
    this.deleted.clear();
    this.departures.forget();
  }

  /** The source has lost transactions, and documents went back with it: what they have now is what they do not go back behind. */
  beginAnew(collections: readonly string[]): void {
    this.backwards.length = 0;
    this.seen.clear();
    this.deleted.clear();
    this.departures.forget();
    for (const collection of collections)
      for (const document of this.mongo.committed(this.database, collection))
        this.look(collection, nameOf(collection, fieldOf(document, '_id')), document);
  }

  private gone(name: string, before: Stored | undefined): void {
    this.departures.gone(name);
    const version = before && columnOf(before, VERSION);
    if (typeof version === 'number') this.deleted.set(name, version);
  }

  private thereAgain(name: string, after: Stored): void {
    const before = this.deleted.get(name);
    const version = columnOf(after, VERSION);
    if (before !== undefined && typeof version === 'number' && version <= before)
      this.backwards.push(`${name}: was deleted, and is there again with its root at ${version}, which was ${before}`);
    this.deleted.delete(name);
  }

  private look(collection: string, name: string, document: Stored): void {
    let seen = this.seen.get(name);
    if (seen === undefined) {
      seen = new Map();
      this.seen.set(name, seen);
    }
    const rows = [...versionsIn(document, '')];
    this.backwards.push(...this.departures.look(collection, name, rows));
    for (const { row, version, large } of rows) {
      const should = this.versions.get(version)?.[LARGE];
      if (large !== undefined && should !== undefined && large !== should)
        this.backwards.push(`${name}: ${row} shows ${large} in its version ${version}, which had ${should}`);
      const before = seen.get(row) ?? 0;
      if (version < before) this.backwards.push(`${name}: ${row} went from ${before} to ${version}`);
      else seen.set(row, version);
    }
  }
}

const nameOf = (collection: string, _id: unknown): string => `${collection} ${inWords(_id)}`;

interface Shown extends ShownRow {
  /** Undefined where it is not shown. */
  large: unknown;
}

function* versionsIn(value: unknown, place: string): Generator<Shown> {
  if (Array.isArray(value)) for (const each of value) yield* versionsIn(each, place);
  if (!isDocument(value)) return;
  const version = columnOf(value, VERSION);
  const row = `${place} born ${String(columnOf(value, BORN))}`;
  if (typeof version === 'number') yield { place, row, version, large: columnOf(value, LARGE) };
  for (const [name, each] of fieldsOf(value)) yield* versionsIn(each, `${place}/${name}`);
}

const columnOf = (document: Stored, column: string): unknown =>
  NAMES.get(column)
    ?.map((name) => fieldOf(document, name))
    .find((each) => each !== undefined);

const isDocument = (value: unknown): value is Stored =>
  value instanceof Map ||
  (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype);
