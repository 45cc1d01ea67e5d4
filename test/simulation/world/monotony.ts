import { fieldOf, fieldsOf, type SimMongo, type Stored } from '../store/index.js';
import { BORN, inWords, VERSION } from '../workload/index.js';

/**
 * Watches that no document goes back. A row has a number of its own for each change, which rises; and one that says which row it
 * is, also where another one has its key later. A document that has a row with a lower number than it had before has gone back.
 */
export class Monotony {
  readonly backwards: string[] = [];
  /** By document: by place and row, the highest number that it had. */
  private readonly seen = new Map<string, Map<string, number>>();

  constructor(mongo: SimMongo, database: string) {
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
    for (const [row, version] of versionsIn(document, '')) {
      const before = seen.get(row) ?? 0;
      if (version < before) this.backwards.push(`${name}: ${row} went from ${before} to ${version}`);
      else seen.set(row, version);
    }
  }
}

function* versionsIn(value: unknown, place: string): Generator<[string, number]> {
  if (Array.isArray(value)) for (const each of value) yield* versionsIn(each, place);
  if (!isDocument(value)) return;
  const version = fieldOf(value, VERSION);
  if (typeof version === 'number') yield [`${place} born ${String(fieldOf(value, BORN))}`, version];
  for (const [name, each] of fieldsOf(value)) yield* versionsIn(each, `${place}/${name}`);
}

const isDocument = (value: unknown): value is Stored =>
  value instanceof Map ||
  (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype);
