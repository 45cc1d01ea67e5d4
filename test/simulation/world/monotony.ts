import { fieldOf, fieldsOf, type SimMongo, type Stored } from '../store/index.js';
import { BORN, inWords, LARGE, VERSION } from '../workload/index.js';

type Versions = ReadonlyMap<number, { [LARGE]?: string | null }>;

/**
 * Watches that no document goes back. A row has a number of its own for each change, which rises; and one that says which row it
 * is, also where another one has its key later. A document that has a row with a lower number than it had before has gone back. And that none shows a large value that its row did not have in that version: the log may
 * have left it out, and what nobody knows is not shown.
 */
export class Monotony {
  readonly backwards: string[] = [];
  /** By document: by place and row, the highest number that it had. */
  private readonly seen = new Map<string, Map<string, number>>();

  constructor(
    mongo: SimMongo,
    database: string,
    /** All versions of all rows by that number. */
    private readonly versions: Versions,
  ) {
    mongo.onCommitted((change) => {
      if (change.database !== database || change.after === undefined) return;
      this.look(`${change.collection} ${inWords(change._id)}`, change.after);
    });
  }

  private look(name: string, document: Stored): void {
    let seen = this.seen.get(name);
    if (seen === undefined) {
      seen = new Map();
      this.seen.set(name, seen);
    }
    for (const { row, version, large } of versionsIn(document, '')) {
      const should = this.versions.get(version)?.[LARGE];
      if (large !== undefined && should !== undefined && large !== should)
        this.backwards.push(`${name}: ${row} shows ${large} in its version ${version}, which had ${should}`);
      const before = seen.get(row) ?? 0;
      if (version < before) this.backwards.push(`${name}: ${row} went from ${before} to ${version}`);
      else seen.set(row, version);
    }
  }
}

interface Shown {
  row: string;
  version: number;
  /** Undefined where it is not shown. */
  large: unknown;
}

function* versionsIn(value: unknown, place: string): Generator<Shown> {
  if (Array.isArray(value)) for (const each of value) yield* versionsIn(each, place);
  if (!isDocument(value)) return;
  const version = fieldOf(value, VERSION);
  const row = `${place} born ${String(fieldOf(value, BORN))}`;
  if (typeof version === 'number') yield { row, version, large: fieldOf(value, LARGE) };
  for (const [name, each] of fieldsOf(value)) yield* versionsIn(each, `${place}/${name}`);
}

const isDocument = (value: unknown): value is Stored =>
  value instanceof Map ||
  (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype);
