import { type Patch, TransactionTooLarge } from '#store';
import { Collection, type Entry } from './collection.js';
import { type Member, NEVER } from './member.js';
import { keyOf } from './order.js';
import { valueAt } from './paths.js';
import { patchApplies, patched } from './patching.js';
import type { View } from './queries.js';
import { isSame } from './same.js';
import { NoSuchTransaction, Refused, WriteConflict } from './server-failures.js';
import type { Sender, SimMongo } from './sim-mongo.js';
import { fieldOf, type Stored } from './stored.js';

/** The server ends what is older. */
const LIFETIME_MS = 60_000;

export interface Begun {
  member: Member;
  job: string;
  by: Sender;
}

/**
 * A transaction as the server has it. It reads one snapshot and what it wrote itself. What it writes it holds until its end:
 * to write what another one holds, or what was changed after the snapshot, is a conflict, which ends it. Nothing of it is seen
 * before it commits.
 */
export class ServerTransaction {
  state: 'open' | 'committed' | 'rolled back' | 'ended' = 'open';
  /** Set by its commit. */
  committedAt = 0;
  readonly writes = new Map<Entry, { collection: Collection; doc: Stored | undefined }>();
  readonly makes = new Set<Collection>();
  private readonly uses = new Set<Collection>();
  private readonly beganMs: number;
  private usedMs: number;

  private readonly member: Member;
  readonly job: string;
  readonly by: Sender;
  private commitsAsked = 0;

  constructor(
    private readonly mongo: SimMongo,
    { member, job, by }: Begun,
    readonly snapshot: number,
  ) {
    this.member = member;
    this.job = job;
    this.by = by;
    this.beganMs = mongo.now();
    this.usedMs = this.beganMs;
  }

  get term(): number {
    return this.member.term;
  }

  /** Ended by the server otherwise, at the latest when somebody looks. */
  get isOpen(): boolean {
    if (this.state === 'open' && this.mongo.now() - this.beganMs >= LIFETIME_MS) this.end();
    return this.state === 'open';
  }

  /** A new primary knows nothing of what was open on the one before. */
  get isHolding(): boolean {
    return this.isOpen && this.member.isPrimary;
  }

  idleMs(): number {
    return this.mongo.now() - this.usedMs;
  }

  holds(collection: Collection): boolean {
    return this.uses.has(collection) && this.isHolding;
  }

  /** For an operation that reached this member. */
  useOn(member: Member): this {
    if (!this.isOpen || member !== this.member) throw new NoSuchTransaction('no such transaction');
    this.usedMs = this.mongo.now();
    return this;
  }

  end(): void {
    if (this.state === 'open') this.state = 'ended';
    this.mongo.forget(this);
  }

  /** Repeats are answered alike. One that only read is known to the member alone that it read from. */
  commit(member: Member): number | Promise<number> {
    if (++this.commitsAsked > 1 && this.state === 'committed') this.mongo.watch?.askedAgain(this.by, this.commitsAsked);
    const isOwn = member === this.member;
    const hasWritten = this.writes.size > 0 || this.makes.size > 0;
    if (this.state !== 'committed' || !(isOwn || hasWritten)) {
      const isLate = isOwn && this.state === 'rolled back';
      if (!isLate) this.useOn(member);
      if (hasWritten && !member.isPrimary) return member.once(NEVER, () => Number.NaN);
      for (const { database, name } of this.makes)
        if (this.mongo.catalogue.latest(database, name) !== undefined) this.conflict();
      this.committedAt = hasWritten ? this.mongo.apply(this) : this.snapshot;
      this.state = 'committed';
      this.mongo.forget(this);
    }
    return member.once(this.committedAt, () => this.committedAt);
  }

  view(database: string, name: string): View {
    if (!this.member.isPrimary) this.mongo.readOnDeposed(this, database, name);
    return { collection: this.collection(database, name), doc: (entry) => this.doc(entry) };
  }

  insert(database: string, name: string, docs: readonly Stored[], index: (place: number) => void): void {
    const collection = docs.length === 0 ? undefined : this.collectionToWrite(database, name);
    docs.forEach((doc, place) => {
      index(place);
      this.insertOne(collection as Collection, doc);
    });
  }

  /** How many were there. */
  replace(
    database: string,
    name: string,
    docs: readonly Stored[],
    index: (place: number) => void,
    { makes = false } = {},
  ): number {
    const present = makes && docs.length > 0 ? this.collectionToWrite(database, name) : this.collection(database, name);
    let replaced = 0;
    docs.forEach((doc, place) => {
      index(place);
      const entry = present?.find(fieldOf(doc, '_id'));
      const before = entry && this.doc(entry);
      if (present === undefined) return;
      if (entry !== undefined && before !== undefined) {
        replaced++;
        this.change(present, entry, before, doc);
      } else if (makes) this.insertOne(present, doc);
    });
    return replaced;
  }

  remove(database: string, name: string, ids: readonly unknown[]): number {
    const collection = this.collection(database, name);
    let removed = 0;
    for (const id of ids) {
      const entry = collection?.find(id);
      if (collection === undefined || entry === undefined || this.doc(entry) === undefined) continue;
      this.write(collection, entry, undefined);
      removed++;
    }
    return removed;
  }

  /** The document before and after; undefined where none matches. */
  patch(database: string, name: string, id: unknown, patch: Patch): { before: Stored; after: Stored } | undefined {
    return this.update(database, name, id, (doc) => (patchApplies(doc, patch) ? patched(doc, patch) : undefined));
  }

  /** Undefined from `change` lets the document be. */
  update(
    database: string,
    name: string,
    id: unknown,
    change: (doc: Stored) => Stored | undefined,
  ): { before: Stored; after: Stored } | undefined {
    const collection = this.collection(database, name);
    const entry = collection?.find(id);
    const before = entry && this.doc(entry);
    if (collection === undefined || entry === undefined || before === undefined) return undefined;
    const after = change(before);
    if (after === undefined) return undefined;
    this.change(collection, entry, before, after);
    return { before, after };
  }

  private doc(entry: Entry): Stored | undefined {
    const own = this.writes.get(entry);
    return own === undefined ? entry.at(this.snapshot) : own.doc;
  }

  private insertOne(collection: Collection, doc: Stored): void {
    const entry = collection.entry(fieldOf(doc, '_id'));
    if (this.doc(entry) !== undefined) this.refuse('duplicate', '_id_');
    this.validate(collection, doc);
    this.write(collection, entry, doc);
  }

  /** Nothing is written, so nothing conflicts, where a document stays as it is. */
  private change(collection: Collection, entry: Entry, before: Stored, doc: Stored): void {
    if (isSame(before, doc)) return;
    this.validate(collection, doc);
    this.write(collection, entry, doc);
  }

  private validate(collection: Collection, doc: Stored): void {
    if (this.mongo.isRefused(collection.name, doc)) this.refuse('validation');
  }

  private write(collection: Collection, entry: Entry, doc: Stored | undefined): void {
    const holder = entry.writer;
    if (holder !== undefined && holder !== this && holder.isOpen && holder.term === this.term) this.conflict();
    if (this.isOutdated(entry)) this.conflict();
    if (doc !== undefined) this.keepUnique(collection, entry, doc);
    entry.writer = this;
    this.writes.set(entry, { collection, doc });
    if (this.writes.size <= this.mongo.maxTransactionWrites) return;
    this.end();
    throw new TransactionTooLarge(`more than ${this.mongo.maxTransactionWrites} documents written`);
  }

  /** A deposed primary does not know what was changed since. */
  private isOutdated(entry: Entry): boolean {
    return this.member.isPrimary && entry.changedAt > this.snapshot;
  }

  private keepUnique(collection: Collection, entry: Entry, doc: Stored): void {
    for (const { name, path } of collection.uniqueIndexes) {
      const key = keyOf(valueAt(doc, path));
      const hasIt = (other: Stored | undefined) => other !== undefined && keyOf(valueAt(other, path)) === key;
      for (const other of collection.all()) {
        if (other === entry) continue;
        if (hasIt(this.doc(other))) this.refuse('duplicate', name);
        const unseen = this.isOutdated(other) ? other.at(NEVER) : undefined;
        if (hasIt(unseen) || hasIt(uncommitted(other, this))) this.conflict();
      }
    }
  }

  private collection(database: string, name: string): Collection | undefined {
    const { catalogue } = this.mongo;
    const own = [...this.makes].find((made) => made.database === database && made.name === name);
    if (own !== undefined) return own;
    if (this.member.isPrimary) {
      const latest = catalogue.latest(database, name);
      // A snapshot does not reach back over the making of a collection; one that was dropped since is empty in it.
      if (latest === undefined) return undefined;
      if (latest.madeAt > this.snapshot) this.conflict();
    }
    const found = catalogue.at(database, name, this.snapshot);
    if (found !== undefined) this.uses.add(found);
    return found;
  }

  /** Where it makes one that another makes, too, the later commit conflicts. */
  private collectionToWrite(database: string, name: string): Collection {
    const found = this.collection(database, name);
    if (found !== undefined) return found;
    if (!this.member.isPrimary) this.conflict();
    const made = new Collection(database, name, NEVER);
    this.makes.add(made);
    return made;
  }

  private conflict(): never {
    this.end();
    throw new WriteConflict('write conflict');
  }

  private refuse(kind: Refused['kind'], indexName?: string): never {
    this.end();
    throw new Refused(kind, indexName);
  }
}

/** What another open transaction made of it. */
function uncommitted(entry: Entry, own: ServerTransaction): Stored | undefined {
  const { writer } = entry;
  if (writer === undefined || writer === own || !writer.isOpen || writer.term !== own.term) return undefined;
  return writer.writes.get(entry)?.doc;
}
