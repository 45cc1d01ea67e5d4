import { BSON, type Db, type Document } from 'mongodb';
import type { Doc } from '../store.js';

/** A collection's validator is looked up again after so long. */
const KNOWN_MS = 5_000;
/** Of documents of one command, which is a document itself, of 16 MB at most; some may be larger than those that were measured. */
const PART_BYTES = 4 * 2 ** 20;
const ONE_MEASURED_OF = 16;

interface Known {
  /** Undefined: the collection refuses nothing. */
  validator: Promise<Document | undefined>;
  atMs: number;
}

/**
 * Asks the server beforehand which documents a collection's validator refuses, by matching them against it as values: inside
 * of a transaction it names one only, and aborts all that was done. `$literal`: what a document holds is no expression.
 */
export class Validators {
  readonly #known = new Map<string, Known>();

  constructor(
    private readonly database: Db,
    private readonly nowMs: () => number,
  ) {}

  /** Their places. What cannot be told is left out. */
  async refused(name: string, documents: readonly Doc[]): Promise<number[]> {
    const validator = await this.#validatorOf(name);
    if (validator === undefined) return [];
    const ids = new Set<string>();
    for (const part of inParts(documents)) {
      const stages = [{ $documents: { $literal: part } }, { $match: { $nor: [validator] } }, { $project: { _id: 1 } }];
      const found = await this.database.aggregate(stages, { promoteValues: false }).toArray();
      for (const { _id } of found) ids.add(identity(_id));
    }
    if (ids.size === 0) return [];
    return documents.flatMap(({ _id }, place) => (ids.has(identity(_id)) ? [place] : []));
  }

  #validatorOf(name: string): Promise<Document | undefined> {
    const known = this.#known.get(name);
    if (known !== undefined && this.nowMs() - known.atMs < KNOWN_MS) return known.validator;
    const validator = this.#look(name);
    this.#known.set(name, { validator, atMs: this.nowMs() });
    return validator;
  }

  async #look(name: string): Promise<Document | undefined> {
    const [found] = await this.database.listCollections({ name }, { nameOnly: false }).toArray();
    const { validator, validationAction = 'error' } = (found as { options?: Document } | undefined)?.options ?? {};
    return validationAction === 'error' ? validator : undefined;
  }
}

/** By the largest of some: measuring each one costs as much as writing it. A command that is too large all the same tells nothing. */
function* inParts(documents: readonly Doc[]): Generator<readonly Doc[]> {
  let largest = 1;
  for (let i = 0; i < documents.length; i += ONE_MEASURED_OF)
    largest = Math.max(largest, BSON.calculateObjectSize(documents[i] as Doc));
  const most = Math.max(1, Math.floor(PART_BYTES / largest));
  for (let i = 0; i < documents.length; i += most) yield documents.slice(i, i + most);
}

const identity = (id: unknown): string => Buffer.from(BSON.serialize({ id })).toString('latin1');
